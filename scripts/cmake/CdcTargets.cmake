# The two interface targets that all of our own code links, and the functions that add a folder.

add_library(cdc_settings INTERFACE)
target_compile_features(cdc_settings INTERFACE cxx_std_20)
target_include_directories(cdc_settings INTERFACE ${PROJECT_SOURCE_DIR})
target_link_libraries(cdc_settings INTERFACE fmt::fmt nlohmann_json::nlohmann_json)
if(CDCCTL_SANITIZE)
  target_compile_options(cdc_settings INTERFACE -fsanitize=${CDCCTL_SANITIZE}
                         -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(cdc_settings INTERFACE -fsanitize=${CDCCTL_SANITIZE})
endif()
if(CDCCTL_FUZZ)
  target_compile_options(cdc_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

add_library(cdc_warnings INTERFACE)
target_compile_options(cdc_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
# g++ 12 warns of `"text" + std::string` inside its own library when it optimizes (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(cdc_warnings INTERFACE $<$<NOT:$<CONFIG:Debug>>:-Wno-restrict>)
endif()
if(CDCCTL_WERROR)
  target_compile_options(cdc_warnings INTERFACE -Werror)
endif()

# Link-time optimization of what streams: a value passes four files on its way, and inlining there
# saves a quarter of the processor time on wide rows. The objects are fat: whoever links the
# installed library without it gets ordinary code.
add_library(cdc_inlining INTERFACE)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE STREQUAL "Release"
   AND NOT CDCCTL_SANITIZE)
  target_compile_options(cdc_inlining INTERFACE -flto=auto -ffat-lto-objects)
  target_link_options(cdc_inlining INTERFACE -flto=auto)
endif()

# cdc_add_folder(NAME file.cpp ...): the objects of one folder of libcdc. What a folder needs of
# vendors it links itself, privately.
function(cdc_add_folder name)
  add_library(cdc_${name} OBJECT ${ARGN})
  set_target_properties(cdc_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(cdc_${name} PRIVATE cdc_settings cdc_warnings cdc_inlining)
  set_property(GLOBAL APPEND PROPERTY CDC_FOLDERS cdc_${name})
endfunction()

# cdc_link_packages(FOLDER MODULE ...): links vendor libraries, by their names in pkg-config, to this
# folder alone. Whoever links cdc gets them too, and the installed packages of cdc name them.
function(cdc_link_packages folder)
  find_package(PkgConfig REQUIRED)
  foreach(module ${ARGN})
    pkg_check_modules(${module} REQUIRED IMPORTED_TARGET GLOBAL ${module})
    target_link_libraries(cdc_${folder} PRIVATE PkgConfig::${module})
    set_property(GLOBAL APPEND PROPERTY CDC_PACKAGES ${module})
  endforeach()
endfunction()

# cdc_add_source(NAME): adds libcdc/sources/NAME and its line in the registry, so that a source can
# be switched off with -DCDCCTL_SOURCE_NAME=OFF and without an #ifdef.
function(cdc_add_source name)
  string(TOUPPER ${name} upper)
  option(CDCCTL_SOURCE_${upper} "Build the ${name} source" ON)
  if(NOT CDCCTL_SOURCE_${upper})
    return()
  endif()
  add_subdirectory(${name})
  set_property(GLOBAL APPEND PROPERTY CDC_SOURCES ${name})
endfunction()

# cdc_add_tests(FOLDER [library ...]): one doctest binary of tests/FOLDER/*_test.cpp, one ctest
# entry per file.
function(cdc_add_tests folder)
  string(REPLACE "/" "_" target test_${folder})
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*_test.cpp)
  if(NOT files)
    return()
  endif()
  add_executable(${target} ${PROJECT_SOURCE_DIR}/tests/support/main.cpp ${files})
  target_link_libraries(${target} PRIVATE cdc_settings cdc_warnings doctest::doctest ${ARGN})
  # The ordinary code of fat objects: optimizing each test binary again would take minutes.
  target_link_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-lto>)
  target_compile_definitions(${target} PRIVATE
                             CDC_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  foreach(file ${files})
    get_filename_component(stem ${file} NAME_WE)
    add_test(NAME ${folder}/${stem} COMMAND ${target} --source-file=*/${folder}/${stem}.cpp)
    set_tests_properties(${folder}/${stem} PROPERTIES LABELS unit)
  endforeach()
endfunction()
