#include <field/packed/portable.hpp>
#include <field/packed/vector_kernels_impl.hpp>

namespace atlas::field {
extern const VectorKernels kVectorKernelsPortable;
const VectorKernels kVectorKernelsPortable = VectorKernelsOf<PackedPortable>::kTable;
}  // namespace atlas::field
