#include <field/packed/avx2.hpp>
#include <field/packed/vector_kernels_impl.hpp>

namespace atlas::field {
extern const VectorKernels kVectorKernelsAvx2;
const VectorKernels kVectorKernelsAvx2 = VectorKernelsOf<PackedAvx2>::kTable;
}  // namespace atlas::field
