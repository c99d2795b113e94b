// Logarithm, exponential and the normal quantile with + - * / alone, so that every platform gives
// the same bits.
//
// For making quantile tables, not for speed. Results are good to about 1e-15 relative (the quantile
// to 1e-9 or better, and monotone as far as a table of 1024 cells can see). Left out: arguments
// that tables do not need (NaN, infinity, below zero).
#pragma once

namespace sim {

// Of a positive number.
double natural_log(double x);
double exponential(double x);
// Of a positive number.
double square_root(double x);
// z with P(Z <= z) = lower, where upper = 1 - lower is given apart to keep its digits near 0. Both
// positive.
double normal_quantile(double lower, double upper);

}  // namespace sim
