package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.nn.optim.Optimizer;
import java.util.List;

/// A step of training for one size of batch.
interface Step extends Sums, AutoCloseable {
    /// The memory that a batch's features are put into.
    List<Buffer> x();

    /// The memory that its labels are put into.
    List<Buffer> y();

    /// Runs on what `x` and `y` hold. The optimizer's numbers and the random key are those of this step.
    void run(Optimizer optimizer, long seed, long step, int epoch);

    /// An input of the program in words.
    String inputName(int i);

    @Override
    void close();
}
