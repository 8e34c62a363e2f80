#include <field/packed/avx512.hpp>
#include <field/packed/vector_kernels_impl.hpp>

namespace atlas::field {
extern const VectorKernels kVectorKernelsAvx512;
const VectorKernels kVectorKernelsAvx512 = VectorKernelsOf<PackedAvx512>::kTable;
}  // namespace atlas::field
