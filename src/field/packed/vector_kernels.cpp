#include <cstdlib>
#include <string_view>

#include <base/ensure.hpp>
#include <field/packed/vector_kernels.hpp>

namespace atlas::field {

extern const VectorKernels kVectorKernelsPortable;
extern const VectorKernels kVectorKernelsAvx2;
extern const VectorKernels kVectorKernelsAvx512;

bool is_supported(Isa isa) {
  switch (isa) {
    case Isa::kPortable:
      return true;
    case Isa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
    case Isa::kAvx512:
      return is_supported(Isa::kAvx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  }
  return false;
}

const char* name_of(Isa isa) {
  constexpr const char* kNames[] = {"portable", "avx2", "avx512"};
  return kNames[static_cast<unsigned>(isa)];
}

Isa best_isa() {
  static const Isa kBest = [] {
    const char* limit = std::getenv("ATLAS_SIMD");
    Isa best = Isa::kPortable;
    for (const Isa isa : kAllIsas) {
      if (!is_supported(isa)) break;
      best = isa;
      if (limit != nullptr && std::string_view(limit) == name_of(isa)) break;
    }
    return best;
  }();
  return kBest;
}

const VectorKernels& vector_kernels(Isa isa) {
  ENSURE(is_supported(isa), "the processor lacks these instructions");
  switch (isa) {
    case Isa::kAvx512:
      return kVectorKernelsAvx512;
    case Isa::kAvx2:
      return kVectorKernelsAvx2;
    case Isa::kPortable:
      break;
  }
  return kVectorKernelsPortable;
}

}  // namespace atlas::field
