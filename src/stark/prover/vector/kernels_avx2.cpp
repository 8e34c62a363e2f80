#include <field/packed/avx2.hpp>
#include <stark/prover/vector/hash_impl.hpp>
#include <stark/prover/vector/linear_impl.hpp>
#include <stark/prover/vector/ntt_impl.hpp>
#include <stark/prover/vector/sumcheck_impl.hpp>

namespace atlas::stark {
extern const HashKernels kHashKernelsAvx2;
extern const NttKernels kNttKernelsAvx2;
extern const LinearKernels kLinearKernelsAvx2;
const HashKernels kHashKernelsAvx2 = HashKernelsOf<WordsAvx2>::kTable;
const NttKernels kNttKernelsAvx2 = NttKernelsOf<field::PackedAvx2, WordsAvx2>::kTable;
const LinearKernels kLinearKernelsAvx2 = LinearKernelsOf<field::PackedAvx2>::kTable;
extern const SumcheckKernels kSumcheckKernelsAvx2;
const SumcheckKernels kSumcheckKernelsAvx2 = SumcheckKernelsOf<field::PackedAvx2, WordsAvx2>::kTable;
}  // namespace atlas::stark
