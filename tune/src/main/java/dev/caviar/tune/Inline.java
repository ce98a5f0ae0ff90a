package dev.caviar.tune;

/// One trial after the other.
record Inline() implements Executor {
    @Override
    public void run(Study study, Objective objective, Budget budget) {
        for (var trial = study.next(budget); trial.isPresent(); trial = study.next(budget)) study.evaluate(trial.get(), objective);
    }
}
