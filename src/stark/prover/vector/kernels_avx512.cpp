#include <field/packed/avx512.hpp>
#include <stark/prover/vector/hash_impl.hpp>
#include <stark/prover/vector/linear_impl.hpp>
#include <stark/prover/vector/ntt_impl.hpp>
#include <stark/prover/vector/sumcheck_impl.hpp>

namespace atlas::stark {
extern const HashKernels kHashKernelsAvx512;
extern const NttKernels kNttKernelsAvx512;
extern const LinearKernels kLinearKernelsAvx512;
const HashKernels kHashKernelsAvx512 = HashKernelsOf<WordsAvx512>::kTable;
const NttKernels kNttKernelsAvx512 = NttKernelsOf<field::PackedAvx512, WordsAvx512>::kTable;
const LinearKernels kLinearKernelsAvx512 = LinearKernelsOf<field::PackedAvx512>::kTable;
extern const SumcheckKernels kSumcheckKernelsAvx512;
const SumcheckKernels kSumcheckKernelsAvx512 = SumcheckKernelsOf<field::PackedAvx512, WordsAvx512>::kTable;
}  // namespace atlas::stark
