package dev.caviar.nn.train;

import java.util.function.DoubleBinaryOperator;

/// Sets the learning rate before each epoch by hand: a function of the epoch, from 0, and of the rate so far.
///
/// What can be said as a formula is better a [dev.caviar.nn.optim.Schedule] of the optimizer.
///
/// ```java
/// Callback byHand = LearningRateScheduler.of((epoch, rate) -> epoch < 10 ? rate : rate * 0.9);
/// ```
public record LearningRateScheduler(DoubleBinaryOperator rule) implements Callback {
    public static LearningRateScheduler of(DoubleBinaryOperator rule) {
        return new LearningRateScheduler(rule);
    }

    @Override
    public Callback begin(Run run) {
        return new Watch(rule);
    }

    @Override
    public void onEpochEnd(Run run) {}

    /// Knows the rate that it has set.
    private static final class Watch implements Callback {
        private final DoubleBinaryOperator rule;
        private double rate = Double.NaN;

        Watch(DoubleBinaryOperator rule) {
            this.rule = rule;
        }

        @Override
        public void onEpochBegin(Run run) {
            rate = rule.applyAsDouble(run.epoch(), run.rate());
            run.optimizer(run.optimizer().withRate(rate));
        }

        @Override
        public void onEpochEnd(Run run) {}

        @Override
        public Memory memory() {
            return Memory.none().with("rate", rate);
        }

        @Override
        public void restore(Run run, Memory memory) {
            rate = memory.number("rate");
            if (!Double.isNaN(rate)) {
                run.optimizer(run.optimizer().withRate(rate));
            }
        }
    }
}
