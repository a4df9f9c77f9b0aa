// Package stat turns measured values into verdicts: a Histogram of durations
// and its quantiles, a Spread of the values of many rounds, and a Gate that the
// whole spread must have missed before it counts as broken.
package stat
