#include <field/packed/portable.hpp>
#include <stark/prover/vector/hash_impl.hpp>
#include <stark/prover/vector/linear_impl.hpp>
#include <stark/prover/vector/ntt_impl.hpp>
#include <stark/prover/vector/sumcheck_impl.hpp>

namespace atlas::stark {
extern const HashKernels kHashKernelsPortable;
extern const NttKernels kNttKernelsPortable;
extern const LinearKernels kLinearKernelsPortable;
const HashKernels kHashKernelsPortable = HashKernelsOf<WordsPortable>::kTable;
const NttKernels kNttKernelsPortable = NttKernelsOf<field::PackedPortable, WordsPortable>::kTable;
const LinearKernels kLinearKernelsPortable = LinearKernelsOf<field::PackedPortable>::kTable;
extern const SumcheckKernels kSumcheckKernelsPortable;
const SumcheckKernels kSumcheckKernelsPortable = SumcheckKernelsOf<field::PackedPortable, WordsPortable>::kTable;
}  // namespace atlas::stark
