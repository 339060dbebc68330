# Installs libcdc as a CMake package (find_package(cdc), target cdc::cdc) and for pkg-config
# (libcdc). Headers go below include/cdc, so that "libcdc/flow/source.hpp" means the same there.

include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cdc)
install(TARGETS cdc EXPORT cdcTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT cdcTargets NAMESPACE cdc:: DESTINATION ${package_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/libcdc DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cdc
        FILES_MATCHING PATTERN "*.hpp")

# What the sources that were built link besides.
get_property(packages GLOBAL PROPERTY CDC_PACKAGES)
list(JOIN packages " " packages)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/cdcConfig.cmake.in cdcConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(cdcConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/cdcConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/cdcConfigVersion.cmake DESTINATION ${package_dir})

# The prefix is the one of the configure step; a move afterwards needs pkg-config --define-prefix.
configure_file(${CMAKE_CURRENT_LIST_DIR}/libcdc.pc.in libcdc.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/libcdc.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
