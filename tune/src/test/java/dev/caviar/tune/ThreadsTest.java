package dev.caviar.tune;

import dev.caviar.tune.kit.ExecutorKit;

class ThreadsTest extends ExecutorKit {
    @Override
    protected Executor executor() {
        return Executor.threads(3);
    }
}
