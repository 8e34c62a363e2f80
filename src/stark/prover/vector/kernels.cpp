#include <base/ensure.hpp>
#include <stark/prover/vector/sumcheck_kernels.hpp>

namespace atlas::stark {

#define ATLAS_DECLARE(Kind)            \
  extern const Kind k##Kind##Portable; \
  extern const Kind k##Kind##Avx2;     \
  extern const Kind k##Kind##Avx512;
ATLAS_DECLARE(HashKernels)
ATLAS_DECLARE(NttKernels)
ATLAS_DECLARE(LinearKernels)
ATLAS_DECLARE(SumcheckKernels)
#undef ATLAS_DECLARE

namespace {

template <class Table>
const Table& choose(Isa isa, const Table& portable, const Table& avx2, const Table& avx512) {
  ENSURE(field::is_supported(isa), "the processor lacks these instructions");
  return isa == Isa::kAvx512 ? avx512 : isa == Isa::kAvx2 ? avx2 : portable;
}

}  // namespace

const HashKernels& hash_kernels(Isa isa) {
  return choose(isa, kHashKernelsPortable, kHashKernelsAvx2, kHashKernelsAvx512);
}
const NttKernels& ntt_kernels(Isa isa) {
  return choose(isa, kNttKernelsPortable, kNttKernelsAvx2, kNttKernelsAvx512);
}
const LinearKernels& linear_kernels(Isa isa) {
  return choose(isa, kLinearKernelsPortable, kLinearKernelsAvx2, kLinearKernelsAvx512);
}

const SumcheckKernels& sumcheck_kernels(Isa isa) {
  return choose(isa, kSumcheckKernelsPortable, kSumcheckKernelsAvx2, kSumcheckKernelsAvx512);
}

}  // namespace atlas::stark
