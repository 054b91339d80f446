// exp and gelu on any of the sixteen-float vector types: written once, every rounding explicit, so that all
// instruction sets give the same bits. No library function is called.
//
// Largest errors, measured over all floats (exp) and densely over [-10, 10] (gelu) against binary64; the
// tests in tests/ops/math_test.cpp hold them:
//   exp   1 ULP, denormal results included
//   gelu  2.5e-7 absolute, 4.6e-8 root mean square
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

// -Phi(-a), Phi the normal distribution function, near a = i * kGeluSegment for i = 0..15: coefficients of
// r^0..r^5, minimax fits in the absolute error. The last segment ends at exactly zero (a = 5.859375, where
// Phi(-a) is 2.3e-9), so that gelu is exactly zero from there on.
constexpr float kGeluSegment = 0.390625f;
alignas(64) constexpr float kGeluTable[6][16] = {
    {-0.5f, -0.348037213f, -0.217327744f, -0.120623626f, -0.0590851232f, -0.0254023895f, -0.0095454799f,
     -0.00312494067f, -0.00088902557f, -0.000219360401f, -4.686994e-05f, -8.6612099e-06f, -1.38283497e-06f,
     -1.90594207e-07f, -2.26620731e-08f, 0.0f},
    {0.398942262f, 0.369637489f, 0.294018f, 0.200772256f, 0.117697015f, 0.0592323653f, 0.0255908463f, 0.00949165877f,
     0.00302225747f, 0.000826138654f, 0.000193868269f, 3.90564783e-05f, 6.75479669e-06f, 1.00291686e-06f,
     1.27835577e-07f, 5.99257135e-07f},
    {3.63059172e-07f, -0.0721943602f, -0.114848003f, -0.117638811f, -0.0919512957f, -0.0578454584f, -0.0299899615f,
     -0.0129770031f, -0.00472214492f, -0.00145205087f, -0.000378566212f, -8.38772248e-05f, -1.58213024e-05f,
     -2.54394536e-06f, -3.49045337e-07f, 2.38378652e-05f},
    {-0.0664983168f, -0.0522051789f, -0.0190942418f, 0.0124907577f, 0.0282741599f, 0.0277868863f, 0.0191642102f,
     0.0102460971f, 0.00441540824f, 0.00156407489f, 0.000460674521f, 0.00011364762f, 2.36006963e-05f, 4.14031229e-06f,
     6.15223541e-07f, 0.000341757579f},
    {7.19684831e-05f, 0.0170160979f, 0.0226943102f, 0.0158773381f, 0.00432586158f, -0.0038408807f, -0.00618369598f,
     -0.00483297789f, -0.00267184782f, -0.00114284549f, -0.000392555667f, -0.000110419613f, -2.57353713e-05f,
     -5.00822125e-06f, -8.18157275e-07f, 0.00199693558f},
    {0.00972294156f, 0.0064513851f, -0.000686439686f, -0.00557332905f, -0.00554482313f, -0.00263694138f,
     2.96386133e-05f, 0.00109954365f, 0.00099827454f, 0.000563280599f, 0.000235179643f, 7.70492261e-05f,
     2.03698655e-05f, 4.41693146e-06f, 7.93567153e-07f, 0.00408694847f}};

// gelu(x) = x Phi(x) = relu(x) - |x| Phi(-|x|): the correction is small, so its rounding errors hardly count.
// As in the formula x * 0.5 * (1 + erf(x / sqrt 2)): +infinity gives +infinity, -infinity and NaN give NaN.
template <class V>
[[gnu::always_inline]] inline V gelu(V x) {
  const V rounder = V::broadcast(12582912.0f);
  const V half = V::broadcast(0.5f);
  const V magnitude = abs(x);
  const V a = min(magnitude, V::broadcast(15 * kGeluSegment));
  const V segment = fma(a, V::broadcast(1 / kGeluSegment), rounder);  // its low bits are the segment's number
  const V r = fma(segment - rounder, V::broadcast(-kGeluSegment), a);
  V phi = lookup(kGeluTable[5], segment);
  for (int power = 4; power >= 0; --power) phi = fma(phi, r, lookup(kGeluTable[power], segment));
  const V relu = fma(half, magnitude, half * x);  // exact but for denormals; NaN for -infinity
  return fma(a, phi, relu);
}

}  // namespace vitpose::engine::simd
