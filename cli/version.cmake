# Run at every build: the commit may be a new one. configure_file leaves an unchanged file alone.
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude *
                OUTPUT_VARIABLE CDCCTL_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
configure_file(${SOURCE_DIR}/version.cpp.in ${OUTPUT} @ONLY)
