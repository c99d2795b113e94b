#include "sim/elementary.hpp"

namespace sim {
namespace {

constexpr double kLn2 = 0.69314718055994530942;

// Coefficients, lowest power first.
template <int N>
double polynomial(const double (&coefficients)[N], double x) {
    double sum = 0;
    for (int i = N - 1; i >= 0; --i) sum = sum * x + coefficients[i];
    return sum;
}

// Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", 1988, PPND16.
constexpr double kCentreTop[] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                 1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                 3.3430575583588128105e+4, 2.5090809287301226727e+3};
constexpr double kCentreBottom[] = {1.0,
                                    4.2313330701600911252e+1,
                                    6.8718700749205790830e+2,
                                    5.3941960214247511077e+3,
                                    2.1213794301586595867e+4,
                                    3.9307895800092710610e+4,
                                    2.8729085735721942674e+4,
                                    5.2264952788528545610e+3};
constexpr double kTailTop[] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                               5.76949722146069140550e0,  3.64784832476320460504e0,
                               1.27045825245236838258e0,  2.41780725177450611770e-1,
                               2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr double kTailBottom[] = {1.0,
                                  2.05319162663775882187e0,
                                  1.67638483018380384940e0,
                                  6.89767334985100004550e-1,
                                  1.48103976427480074590e-1,
                                  1.51986665636164571966e-2,
                                  5.47593808499534494600e-4,
                                  1.05075007164441684324e-9};
constexpr double kFarTop[] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                              1.78482653991729133580e0,  2.96560571828504891230e-1,
                              2.65321895265761230930e-2, 1.24266094738807843860e-3,
                              2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr double kFarBottom[] = {1.0,
                                 5.99832206555887937690e-1,
                                 1.36929880922735805310e-1,
                                 1.48753612908506148525e-2,
                                 7.86869131145613259100e-4,
                                 1.84631831751005468180e-5,
                                 1.42151175831644588870e-7,
                                 2.04426310338993978564e-15};

}  // namespace

// x = m * 2^k with m near 1; ln m = 2 artanh((m - 1) / (m + 1)).
double natural_log(double x) {
    int power = 0;
    for (; x > 1.5; x /= 2) ++power;
    for (; x < 0.75; x *= 2) --power;
    const double t = (x - 1) / (x + 1);
    const double square = t * t;
    double sum = 0;
    for (int n = 41; n >= 1; n -= 2) sum = sum * square + 1.0 / n;
    return 2 * t * sum + power * kLn2;
}

// x = k ln 2 + r with |r| <= ln 2 / 2; the Taylor series of exp r; doubled or halved k times.
double exponential(double x) {
    const double scaled = x / kLn2;
    int power = static_cast<int>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    const double r = x - power * kLn2;
    double sum = 1;
    for (int n = 22; n >= 1; --n) sum = 1 + sum * r / n;
    for (; power > 0; --power) sum *= 2;
    for (; power < 0; ++power) sum /= 2;
    return sum;
}

// Newton's iteration from above.
double square_root(double x) {
    double root = x > 1 ? x : 1;
    for (int i = 0; i < 60; ++i) root = (root + x / root) / 2;
    return root;
}

double normal_quantile(double lower, double upper) {
    const double q = lower < upper ? lower - 0.5 : 0.5 - upper;
    if (q >= -0.425 && q <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * polynomial(kCentreTop, r) / polynomial(kCentreBottom, r);
    }
    const double r = square_root(-natural_log(lower < upper ? lower : upper));
    const double size = r <= 5 ? polynomial(kTailTop, r - 1.6) / polynomial(kTailBottom, r - 1.6)
                               : polynomial(kFarTop, r - 5) / polynomial(kFarBottom, r - 5);
    return q < 0 ? -size : size;
}

}  // namespace sim
