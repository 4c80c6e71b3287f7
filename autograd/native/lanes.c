/* Compiles the vector kernels of vectors.h for several kinds of processors, and chooses those for this one.
 *
 * If the compiler takes a processor for each function, the kernels are compiled for AVX-512, for AVX2 and for any
 * processor. Otherwise they are compiled for any processor only; on 64-bit ARM that means NEON, which all have.
 * lanes_named("") gives the best that this processor can run.
 */
#include "lanes.h"

#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
#include <immintrin.h>

#define WIDTH 8
#define NAME(name) name##_avx512
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512dq,avx512vl,fma,prefer-vector-width=512")
#endif
#include "vectors.h"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#undef WIDTH
#undef NAME

#define WIDTH 4
#define NAME(name) name##_avx2
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
#include "vectors.h"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#undef WIDTH
#undef NAME
#define LANES_FOR_X86
#endif

#if (defined(__GNUC__) || defined(__clang__)) && defined(__aarch64__)
#include <arm_neon.h>
#endif
#if defined(__GNUC__) || defined(__clang__)
#define WIDTH 2
#else
#define WIDTH 1
#endif
#define NAME(name) name##_any
#include "vectors.h"
#undef WIDTH
#undef NAME

const Lanes* lanes_named(const char* name) {
#if defined(LANES_FOR_X86)
    __builtin_cpu_init();
    if ((!*name || !strcmp(name, "avx512")) && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return &lanes_avx512;
    if ((!*name || !strcmp(name, "avx2")) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &lanes_avx2;
#endif
    return !*name || !strcmp(name, "any") || !strcmp(name, lanes_any.name) ? &lanes_any : NULL;
}
