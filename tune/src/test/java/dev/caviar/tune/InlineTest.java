package dev.caviar.tune;

import dev.caviar.tune.kit.ExecutorKit;

class InlineTest extends ExecutorKit {
    @Override
    protected Executor executor() {
        return Executor.inline();
    }
}
