// exp and gelu on any of the sixteen-float vector types: written once, every rounding explicit, so that all
// instruction sets give the same bits. No library function is called.
//
// Largest errors, measured over all floats (exp) and densely over [-10, 10] (gelu) against binary64; the
// tests in tests/ops/test_math.cpp hold them:
//   exp   1 ULP, denormal results included
//   gelu  2.5e-7 absolute, 4.7e-8 root mean square
#pragma once

namespace vitpose::engine::simd {

// exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2; exp(r) = 1 + r + r^2 Q(r).
// Overflow gives infinity, underflow denormals and then zero, NaN gives NaN.
template <class V>
[[gnu::always_inline]] inline V exp(V x) {
  const V rounder = V::broadcast(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  // Beyond these the result is 0 or infinity; NaN is the second operand and passes.
  x = min(V::broadcast(89.0f), max(V::broadcast(-104.0f), x));
  const V n = fma(x, V::broadcast(1.44269504f), rounder) - rounder;
  V r = fma(n, V::broadcast(-0.693147182f), x);  // ln 2 in two parts
  r = fma(n, V::broadcast(1.90465421e-9f), r);
  V q = V::broadcast(0.00138212915f);
  q = fma(q, r, V::broadcast(0.00836866908f));
  q = fma(q, r, V::broadcast(0.0416682586f));
  q = fma(q, r, V::broadcast(0.166665211f));
  q = fma(q, r, V::broadcast(0.49999994f));
  const V p = fma(r * r, q, r) + V::broadcast(1.0f);
  return scale_by_power_of_two(p, n);
}

// -Phi(-a), Phi the normal distribution function, near a = i * kGeluSegment for i = 0..7: coefficients of
// r^0..r^6, minimax fits in the absolute error. The last segment ends at exactly zero (a = 5.6875, where
// a Phi(-a) is 3.7e-8), so that gelu is exactly zero from there on.
constexpr float kGeluSegment = 0.8125f;
alignas(32) constexpr float kGeluTable[7][8] = {
    {-0.5f, -0.2082524f, -0.0520812795f, -0.00739460625f, -0.00057702529f, -2.42749938e-05f, -5.4403489e-07f, 0.0f},
    {0.398942381f, 0.286786854f, 0.106538445f, 0.020452546f, 0.00202904036f, 0.000104035142f, 2.75761863e-06f,
     1.18646528e-06f},
    {-3.64946004e-06f, -0.116506085f, -0.0865623951f, -0.0249268003f, -0.00329716434f, -0.000211297986f,
     -6.71907583e-06f, 3.29867835e-05f},
    {-0.0664426461f, -0.0162536297f, 0.0291228313f, 0.0168504585f, 0.00323417294f, 0.000268240168f, 1.03758766e-05f,
     0.00034872524f},
    {-0.000302279746f, 0.0226958636f, 0.00259602373f, -0.00610844186f, -0.0020789674f, -0.00023771741f,
     -1.15797002e-05f, 0.00165812008f},
    {0.0109793507f, -0.00112624199f, -0.00510535948f, 0.000374683354f, 0.000861095439f, 0.000159625211f,
     1.07380338e-05f, 0.00363568263f},
    {-0.00170602091f, -0.00271986774f, 0.00101545732f, 0.000627594884f, -0.000182528311f, -7.28511295e-05f,
     -6.82202017e-06f, 0.00298709236f}};

// gelu(x) = x Phi(x) = relu(x) - |x| Phi(-|x|): the correction is small, so its rounding errors hardly count.
// As in the formula x * 0.5 * (1 + erf(x / sqrt 2)): +infinity gives +infinity, -infinity and NaN give NaN.
// ops/gemm/gemm_whole_tiles_avx512.h has the same line by line in assembly.
template <class V>
[[gnu::always_inline]] inline V gelu(V x) {
  const V rounder = V::broadcast(12582912.0f);
  const V half = V::broadcast(0.5f);
  const V magnitude = abs(x);
  const V a = min(magnitude, V::broadcast(7 * kGeluSegment));
  const V segment = fma(a, V::broadcast(1 / kGeluSegment), rounder);  // its low bits are the segment's number
  const V r = fma(segment - rounder, V::broadcast(-kGeluSegment), a);
  V phi = lookup(kGeluTable[6], segment);
  for (int power = 5; power >= 0; --power) phi = fma(phi, r, lookup(kGeluTable[power], segment));
  const V relu = fma(half, magnitude, half * x);  // exact but for denormals; NaN for -infinity
  return fma(a, phi, relu);
}

}  // namespace vitpose::engine::simd
