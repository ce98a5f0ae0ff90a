package dev.caviar.nn.optim;

/// The learning rate at a step and epoch, both from 0.
///
/// ```java
/// var halving = Schedule.exponential(0.1, 0.5).every(1000).inSteps();       // 0.05 at step 1000
/// Schedule own = (step, epoch) -> epoch < 5 ? 0.1 : 0.01;
/// ```
@FunctionalInterface
public interface Schedule {
    double at(long step, int epoch);

    /// This schedule behind a rise on a straight line from `from`, over `length` epochs, or steps; it begins when the rise is done.
    default WarmUp warmedUp(double from, int length) {
        return new WarmUp(this, from, length, false);
    }

    /// Always the same.
    ///
    /// ```java
    /// Schedule rate = new Schedule.Constant(0.01);
    /// ```
    record Constant(double rate) implements Schedule {
        public Constant {
            if (!(rate >= 0 && rate < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("A rate of " + rate + " is not a number from 0 on.\nMaybe to climb, minimise the negative instead.");
            }
        }

        @Override
        public double at(long step, int epoch) {
            return rate;
        }
    }

    /// A rate that falls with time, which counts epochs, or steps; `every` of them are one unit, cut to whole ones by
    /// `staircase`.
    ///
    /// ```java
    /// var decay = Schedule.exponential(0.1, 0.96).every(10000).inSteps().withStaircase(true);
    /// ```
    record Decay(Form form, double rate, double factor, double every, boolean steps, boolean staircase) implements Schedule {
        /// How it falls with time t.
        public enum Form {
            /// rate / (1 + factor·t)
            INVERSE,
            /// rate · factor^t
            EXPONENTIAL,
            /// factor·rate / √(1 + t): the first epoch or step is the formula's number 1
            INVERSE_ROOT
        }

        public Decay {
            if (!(every > 0)) {
                throw new IllegalArgumentException("A schedule's unit is " + every + " steps or epochs: it must be positive.");
            }
        }

        public Decay every(double every) {
            return new Decay(form, rate, factor, every, steps, staircase);
        }

        public Decay inSteps() {
            return new Decay(form, rate, factor, every, true, staircase);
        }

        public Decay withStaircase(boolean staircase) {
            return new Decay(form, rate, factor, every, steps, staircase);
        }

        @Override
        public double at(long step, int epoch) {
            double t = (steps ? step : epoch) / every;
            if (staircase) {
                t = Math.floor(t);
            }
            return switch (form) {
                case INVERSE -> rate / (1 + factor * t);
                case EXPONENTIAL -> rate * Math.pow(factor, t);
                case INVERSE_ROOT -> factor * rate / Math.sqrt(1 + t);
            };
        }
    }

    /// A schedule that begins after a rise on a straight line to its first value.
    ///
    /// ```java
    /// Schedule rate = Cosine.of(0.1, 10000).inSteps().warmedUp(0.001, 500).inSteps();
    /// ```
    record WarmUp(Schedule then, double from, int length, boolean steps) implements Schedule {
        public WarmUp {
            if (length < 0) {
                throw new IllegalArgumentException("WarmUp: a rise over " + length + " steps or epochs is not possible.");
            }
        }

        public WarmUp inSteps() {
            return new WarmUp(then, from, length, true);
        }

        @Override
        public double at(long step, int epoch) {
            long t = steps ? step : epoch;
            if (t < length) {
                return from + (then.at(0, 0) - from) * t / length;
            }
            return steps ? then.at(step - length, epoch) : then.at(step, epoch - length);
        }
    }

    static Schedule constant(double rate) {
        return new Constant(rate);
    }

    /// `rate / (1 + decay · epoch)`.
    static Decay inverse(double rate, double decay) {
        return new Decay(Decay.Form.INVERSE, rate, decay, 1, false, false);
    }

    /// `rate · factor^epoch`.
    static Decay exponential(double rate, double factor) {
        return new Decay(Decay.Form.EXPONENTIAL, rate, factor, 1, false, false);
    }

    /// `k · rate / √epoch`, the first epoch being number 1.
    static Decay inverseRoot(double rate, double k) {
        return new Decay(Decay.Form.INVERSE_ROOT, rate, k, 1, false, false);
    }
}
