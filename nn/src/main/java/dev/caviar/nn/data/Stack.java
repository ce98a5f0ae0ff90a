package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Pool;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Cursor.Flow;
import dev.caviar.nn.data.Cursor.Task;
import dev.caviar.nn.format.DataException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Elements put together along a new first axis, so many at a time.
record Stack(Stage up, int rows, boolean dropRemainder) implements Stage.After {
    @Override
    public Cursor open(long epoch, Flow flow) {
        var cursor = up.open(epoch, flow);
        return new Cursor() {
            private boolean any;

            @Override
            public @Nullable Task next() {
                var tasks = new ArrayList<Task>(rows);
                for (var task = cursor.next(); task != null; task = tasks.size() < rows ? cursor.next() : null) {
                    tasks.add(task);
                }
                if (dropRemainder && !any && !tasks.isEmpty() && tasks.size() < rows) {
                    throw tooLarge(rows, tasks.size());
                }
                any = true;
                return tasks.isEmpty() || dropRemainder && tasks.size() < rows ? null : () -> join(tasks);
            }

            @Override
            public void close() {
                cursor.close();
            }
        };
    }

    static DataException tooLarge(int rows, long size) {
        if (size == 0) {
            return new DataException("Pipeline.batch(" + rows + "): the data has no elements.", "Maybe take or skip left none.");
        }
        return new DataException("Pipeline.batch(" + rows + "): a batch is larger than the data, which has " + size
                + (size == 1 ? " element." : " elements."), "Maybe use batch(" + size + "), or repeat() first.");
    }

    /// The elements as the rows of one.
    static Item join(List<Task> tasks) {
        var first = tasks.getFirst().get();
        var out = new ArrayList<Buffer>();
        for (var part : first.parts()) {
            out.add(Pool.shared().allocate(new Type(part.dtype(), part.shape().insert(0, tasks.size()))));
        }
        put(first, first, 0, out);
        for (int row = 1; row < tasks.size(); row++) {
            put(tasks.get(row).get(), first, row, out);
        }
        return new Item(out.stream().map(Tensor::wrap).toList());
    }

    private static void put(Item item, Item first, int row, List<Buffer> out) {
        if (item.parts().size() != out.size()) {
            throw new DataException("Pipeline.batch: element " + row + " of a batch has " + item.parts().size() + " parts, the first has "
                    + out.size() + ".", "Maybe a map forgets one.");
        }
        for (int part = 0; part < out.size(); part++) {
            var tensor = item.parts().get(part);
            var type = tensor.type();
            if (!type.equals(first.parts().get(part).type())) {
                throw new DataException("Pipeline.batch: part " + part + " of element " + row + " of a batch is " + type + ", of the first "
                        + first.parts().get(part).type() + ".", "Maybe bring images to one size first, and pad sequences, or make batches of one length each.");
            }
            long bytes = type.bytes();
            MemorySegment.copy(tensor.array().buffer().memory(), 0, out.get(part).memory(), row * bytes, bytes);
        }
    }

    @Override
    public long size() {
        long all = up.size();
        return all == UNKNOWN || all == ENDLESS ? all : dropRemainder ? all / rows : Math.ceilDiv(all, rows);
    }

    @Override
    public boolean batched() {
        return true;
    }

    @Override
    public String text() {
        return up.text() + " | batch(" + rows + (dropRemainder ? ", drop" : "") + ")";
    }
}
