package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Cursor.Flow;
import dev.caviar.nn.data.Cursor.Task;
import dev.caviar.nn.format.DataException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Where the elements of pipelines come from.
final class Sources {
    private Sources() {}

    /// What a function of the user's made of element `i`; whatever it throws says which one that was.
    private static <T> T made(String text, long i, Supplier<T> make) {
        try {
            return given(make.get(), "Pipeline: element " + i + " of " + text);
        } catch (DataException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new DataException("Pipeline: element " + i + " of " + text + ": " + e, "Maybe its data is damaged, or the function expects another.", e);
        }
    }

    /// Refuses null, of which the next stage could not say where it comes from.
    static <T> T given(@Nullable T made, String what) {
        if (made == null) {
            throw new DataException(what + " is null.", "Maybe use take, skip or split to leave elements out.");
        }
        return made;
    }

    /// Elements that can be made in any order.
    record Indexed(long size, LongFunction<Item> make, String text, Consumer<MessageDigest> data) implements Stage {
        Indexed {
            if (size < 1) {
                throw new DataException("Pipeline: " + text + " has no elements.", "Maybe the file or the folder is another one.");
            }
        }

        @Override
        public void identify(MessageDigest digest) {
            data.accept(digest);
        }

        @Override
        public Cursor open(long epoch, Flow flow) {
            return new Cursor() {
                private long at;

                @Override
                public @Nullable Task next() {
                    if (at == size) {
                        return null;
                    }
                    long i = at++;
                    return () -> made(text, i, () -> make.apply(i));
                }
            };
        }
    }

    /// Rows of some buffers; a row is a view.
    static Indexed rows(List<Buffer> columns, int[] rows, String text) {
        var types = new ArrayList<Type>();
        var bytes = new long[columns.size()];
        for (int c = 0; c < bytes.length; c++) {
            var type = columns.get(c).type();
            types.add(type.withShape(type.shape().without(List.of(0))));
            bytes[c] = types.get(c).bytes();
        }
        return new Indexed(rows.length, i -> {
            var parts = new Tensor[bytes.length];
            for (int c = 0; c < parts.length; c++) {
                var memory = columns.get(c).memory().asSlice(rows[(int) i] * bytes[c], bytes[c]);
                parts[c] = Tensor.wrap(new Buffer(memory, types.get(c)));
            }
            return Item.of(parts);
        }, text, digest -> {
            for (int c = 0; c < bytes.length; c++) {
                digest.update(types.get(c).toString().getBytes());
                for (int row : rows) {
                    digest.update(columns.get(c).memory().asSlice(row * bytes[c], bytes[c]).asByteBuffer());
                }
            }
        });
    }

    /// Elements of an iterator that is asked for anew for each pass.
    record Generated(Supplier<? extends Iterator<Item>> iterators, String text) implements Stage {
        @Override
        public long size() {
            return UNKNOWN;
        }

        @Override
        public void identify(MessageDigest digest) {}

        @Override
        public Cursor open(long epoch, Flow flow) {
            Iterator<Item> iterator = iterators.get();
            if (iterator == null) {
                throw new DataException("Pipeline.generate: there is no iterator for pass " + epoch + ".", "Maybe return a new one each time.");
            }
            return new Cursor() {
                private long at;

                @Override
                public @Nullable Task next() {
                    if (!made(text, at, iterator::hasNext)) {
                        return null;
                    }
                    var item = made(text, at++, iterator::next);
                    return () -> item;
                }
            };
        }
    }
}
