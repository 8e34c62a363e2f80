# atlas_chip_kernels(FOLDER Chip...): compiles the kernels of the chips in zkvm/chips/FOLDER/chip.hpp, for each
# instruction set in a file of its own that is written here, so that a change of one chip compiles little.
# Each file defines zkvm/prover/kernels.hpp's kernels_of() of its chips.
function(atlas_chip_kernels folder)
  foreach(isa Portable Avx2 Avx512)
    string(TOLOWER ${isa} suffix)
    string(CONCAT text "#include <field/packed/${suffix}.hpp>\n#include <stark/prover/chip_kernels_impl.hpp>\n"
      "#include <zkvm/chips/${folder}/chip.hpp>\n#include <zkvm/prover/kernels.hpp>\n\nnamespace atlas::zkvm {\n")
    foreach(chip ${ARGN})
      string(APPEND text "template <>\nconst stark::ChipKernels& kernels_of<stark::Isa::k${isa}, chips::${chip}>() {\n"
        "  return stark::ChipKernelsOf<chips::${chip}, field::Packed${isa}, stark::Words${isa}>::kTable;\n}\n")
    endforeach()
    set(file ${CMAKE_CURRENT_BINARY_DIR}/zkvm/chips/${folder}/kernels_${suffix}.cpp)
    file(CONFIGURE OUTPUT ${file} CONTENT "${text}}  // namespace atlas::zkvm\n" @ONLY)
    atlas_vector_flags(${file})
    if(ATLAS_FUZZ OR (ATLAS_SANITIZE AND NOT isa STREQUAL "Portable"))
      # The portable twin is the same code, and instrumented; three of them would be most of a sanitizer build's time.
      # Fuzz targets read proofs; they make none.
      set_property(SOURCE ${file} APPEND PROPERTY COMPILE_OPTIONS -fno-sanitize=all)
    endif()
    target_sources(atlas_zkvm PRIVATE ${file})
  endforeach()
endfunction()
