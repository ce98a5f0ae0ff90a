package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.Idx;
import dev.caviar.nn.format.NumPy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Where training data comes from and what happens to it on its way: a source, and stages one after another.
///
/// A pipeline is a description and holds nothing open; each pass through it is opened ([#open]), by `fit` for each epoch. Elements are
/// [Item]s, by custom features and labels. With the same seeds, pass number `e` gives the same elements in the same order, whatever the
/// number of threads, and its place can be kept and found again ([Pass#position]): what comes next is known without making what was before.
///
/// Work is done when an element is asked for, by the thread that asks; [#parallel] does all that stands before it on several, [#prefetch] on
/// one of its own. It is cheapest behind [#batch], where a thread makes a whole batch at a time. Anything wrong is a [DataException].
///
/// ```java
/// var digits = DataSource.of("digits").load();
/// var train = Pipeline.of(digits.train()).shuffle(1).augment(Augment.of().withShift(0.1, 0.1), 2).batch(64).parallel();
/// var model = Model.of(Flatten.of(), Dense.of(64, "relu"), Dense.of(10, "softmax"));
/// model.compile("adam", "sparse_categorical_crossentropy", "accuracy");
/// model.fit(train, Fit.of().withEpochs(3));
/// ```
public final class Pipeline {
    private final Stage stage;

    private Pipeline(Stage stage) {
        this.stage = stage;
    }

    // ---- sources

    /// Features and labels, example by example.
    public static Pipeline of(Examples examples) {
        var rows = IntStream.range(0, examples.size()).map(examples::row).toArray();
        return new Pipeline(Sources.rows(List.of(examples.x(), examples.y()), rows, "examples(" + rows.length + ")"));
    }

    /// Rows of features with a class each.
    public static Pipeline of(float[][] x, int[] classes) {
        return of(Examples.of(x, classes));
    }

    /// Slices of arrays along their first axis, which is of one length: an element has a slice of each.
    public static Pipeline of(Buffer... columns) {
        long n = columns.length == 0 || columns[0].type().shape().rank() == 0 ? 0 : columns[0].type().shape().dim(0);
        for (var column : columns) {
            if (column.type().shape().rank() == 0 || column.type().shape().dim(0) != n) {
                throw new DataException("Pipeline.of: arrays of different length: " + Stream.of(columns).map(c -> c.type().toString()).toList() + ".",
                        "Maybe they are from different files.");
            }
        }
        return new Pipeline(Sources.rows(List.of(columns), IntStream.range(0, Math.toIntExact(n)).toArray(), "slices(" + n + ")"));
    }

    /// Elements that a function makes, each by its number from 0.
    public static Pipeline of(long size, LongFunction<Item> element) {
        return new Pipeline(new Sources.Indexed(size, element, "function(" + size + ")", _ -> { }));
    }

    /// The elements of an iterator, which is asked for anew for each pass; it may be without end.
    public static Pipeline generate(Supplier<? extends Iterator<Item>> iterators) {
        return new Pipeline(new Sources.Generated(iterators, "generator"));
    }

    /// The rows of a CSV file, read as [Table] says, one after another in each pass: the file may be larger than memory. It is read once at this
    /// point, to find what kinds of columns it has and which texts; of a feature at most 1,000 different ones. The elements are those of [#csv].
    public static Pipeline csvStream(Path file, Table table) {
        return new Pipeline(new CsvStage(file, table));
    }

    /// All rows of a CSV file, read as [Table] says and held in memory.
    public static Pipeline csv(Path file, Table table) {
        return of(table.examples(file));
    }

    /// A file of images and one of labels, as MNIST comes.
    public static Pipeline idx(Path features, Path labels) {
        return of(Examples.of(Idx.read(features).array(), Idx.read(labels).array()));
    }

    /// A NumPy file (`.npy`) for each part of an element.
    public static Pipeline npy(Path... files) {
        return of(Stream.of(files).map(NumPy::read).toArray(Buffer[]::new));
    }

    /// Arrays of a NumPy archive (`.npz`) by their names, one for each part of an element.
    public static Pipeline npz(Path file, String... names) {
        var arrays = NumPy.readArchive(file);
        return of(Stream.of(names).map(name -> {
            var array = arrays.get(name);
            if (array == null) {
                throw new DataException("Pipeline.npz: there is no array \"" + name + "\" in " + file + ".", "Maybe one of " + arrays.keySet() + ".");
            }
            return array;
        }).toArray(Buffer[]::new));
    }

    /// Images of a folder that has a sub-folder for each class, brought to one size: `[height, width, channels]` of U8 with 1 or 3 channels, and
    /// the class's number in the order of the names. A file is read when its turn comes.
    public static Pipeline images(Path folder, int height, int width, int channels) {
        var files = ImageFolder.files(folder);
        return new Pipeline(new Sources.Indexed(files.size(), i -> files.get((int) i).item(height, width, channels),
                "images(" + files.size() + ", " + height + ", " + width + ", " + channels + ")", digest -> files.forEach(file -> file.identify(digest))));
    }

    /// The elements of several side by side as one, until the shortest ends.
    public static Pipeline zip(Pipeline... parts) {
        if (parts.length == 0) {
            throw new DataException("Pipeline.zip of nothing.", "Maybe give features and labels.");
        }
        return new Pipeline(new Stages.Zipped(Stream.of(parts).map(part -> part.stage).toList()));
    }

    // ---- stages

    /// Every element changed.
    public Pipeline map(UnaryOperator<Item> change) {
        return new Pipeline(new Stages.Mapped(stage, (item, _) -> change.apply(item), 0, "map"));
    }

    /// Every element changed by chance: each has a generator of its own, by the seed, the pass and its position.
    public Pipeline map(BiFunction<Item, RandomGenerator, Item> change, long seed) {
        return new Pipeline(new Stages.Mapped(stage, change::apply, seed, "map"));
    }

    /// The first part of every element, an image, changed by chance.
    public Pipeline augment(Augment how, long seed) {
        return new Pipeline(new Stages.Mapped(stage, (item, random) -> item.withX(how.apply(item.x(), random)), seed, "augment"));
    }

    /// All elements in another order for each pass. What the source holds in memory is not held twice.
    public Pipeline shuffle(long seed) {
        return new Pipeline(new Stages.Shuffled(bounded("shuffle"), seed));
    }

    /// Each element drawn among the next `buffer`: for sources that are too large to be shuffled whole.
    public Pipeline shuffle(int buffer, long seed) {
        if (buffer < 1) {
            throw new DataException("Pipeline.shuffle with a buffer of " + buffer + ".", "Maybe use 1000.");
        }
        return new Pipeline(new Stages.Stirred(stage, buffer, seed));
    }

    /// So many elements put together along a new first axis; the last batch may have fewer.
    public Pipeline batch(int size) {
        return batch(size, false);
    }

    /// The same; a last batch that has fewer is dropped on request. A batch that is larger than the data is refused.
    public Pipeline batch(int size, boolean dropRemainder) {
        if (size < 1) {
            throw new DataException("Pipeline.batch(" + size + "): such a batch is not possible.", "Maybe use 32.");
        }
        if (stage.size() >= 0 && stage.size() < size) {
            throw Stack.tooLarge(size, stage.size());
        }
        return new Pipeline(new Stack(stage, size, dropRemainder));
    }

    /// What stands before is done on as many threads as keep up with the one who asks, at most one for each processor.
    public Pipeline parallel() {
        return new Pipeline(new Ahead.Parallel(stage, 0));
    }

    /// What stands before is done on so many threads. The elements and their order stay the same.
    public Pipeline parallel(int threads) {
        if (threads < 1) {
            throw new DataException("Pipeline.parallel(" + threads + "): there must be 1 thread or more.", "Maybe use parallel().");
        }
        return new Pipeline(new Ahead.Parallel(stage, threads));
    }

    /// A thread makes up to `count` elements ahead.
    public Pipeline prefetch(int count) {
        if (count < 1) {
            throw new DataException("Pipeline.prefetch(" + count + "): there must be 1 element or more.", "Maybe use prefetch(2).");
        }
        return new Pipeline(new Ahead.Prefetched(stage, count));
    }

    /// Elements are kept in memory once made. What stands before is always as in pass 0: shuffle and augment behind it.
    public Pipeline cache() {
        return new Pipeline(new MemoryCache(bounded("cache")));
    }

    /// The same in a file, which is written whole before the first element, or not at all, and checked when it is read.
    public Pipeline cache(Path file) {
        return new Pipeline(new DiskCache(bounded("cache"), file));
    }

    /// The first `n` elements.
    public Pipeline take(long n) {
        return new Pipeline(new Stages.Part(stage, 0, Math.max(0, n)));
    }

    /// All but the first `n` elements.
    public Pipeline skip(long n) {
        return new Pipeline(new Stages.Part(stage, Math.max(0, n), Stage.ENDLESS));
    }

    /// Pass after pass, without end.
    public Pipeline repeat() {
        return new Pipeline(new Stages.Repeated(stage, 0));
    }

    /// So many passes as one; each has its own order.
    public Pipeline repeat(int times) {
        if (times < 1) {
            throw new DataException("Pipeline.repeat(" + times + "): there must be 1 pass or more.", "Maybe use repeat(), without end.");
        }
        return new Pipeline(new Stages.Repeated(stage, times));
    }

    /// Two parts of a pipeline.
    ///
    /// ```java
    /// var parts = Pipeline.of(new float[10][3], new int[10]).split(0.2, 7);
    /// long held = parts.held().size().orElseThrow();       // 2
    /// ```
    public record Split(Pipeline kept, Pipeline held) {}

    /// Holds out ⌈fraction · size⌉ elements, drawn by the seed; both parts keep the order. What stands before is always as in pass 0, so that no
    /// element wanders from one part to the other: shuffle behind it. The number of elements must be known.
    public Split split(double fraction, long seed) {
        long n = stage.size();
        if (n < 0 || n > Integer.MAX_VALUE) {
            throw new DataException("Pipeline.split: the number of elements is not known.", "Maybe take(n) of them, and skip(n).");
        }
        int held = (int) Math.ceil(fraction * n - 1e-9);
        if (!(fraction > 0 && fraction < 1) || held >= n) {
            throw new DataException("Pipeline.split: holding out a fraction of " + fraction + " of " + n + " elements leaves one side empty.",
                    "Maybe use a fraction between 0 and 1, such as 0.1, and more elements.");
        }
        var order = IntStream.range(0, (int) n).toArray();
        new SplitMix(seed, 0).shuffle(order);
        var out = new BitSet((int) n);
        IntStream.range((int) n - held, (int) n).forEach(i -> out.set(order[i]));
        var kept = new BitSet((int) n);
        kept.set(0, (int) n);
        kept.andNot(out);
        return new Split(new Pipeline(new Stages.Chosen(stage, kept, "kept(" + fraction + ", " + seed + ")")),
                new Pipeline(new Stages.Chosen(stage, out, "held(" + fraction + ", " + seed + ")")));
    }

    private Stage bounded(String what) {
        if (stage.size() == Stage.ENDLESS) {
            throw new DataException("Pipeline." + what + " of elements without end.", "Maybe put it in front of repeat(), or take(n) first.");
        }
        return stage;
    }

    // ---- use

    /// The number of elements of a pass; empty where it is not known or without end.
    public OptionalLong size() {
        long n = stage.size();
        return n == Stage.UNKNOWN || n == Stage.ENDLESS ? OptionalLong.empty() : OptionalLong.of(n);
    }

    boolean endless() {
        return stage.size() == Stage.ENDLESS;
    }

    /// Whether elements are batches: [#batch] has been used.
    public boolean batched() {
        return stage.batched();
    }

    /// Begins pass `epoch`, from 0.
    public Pass open(long epoch) {
        return new Pass(stage, epoch, 0);
    }

    /// Goes on where a pass stood. Throws [DataException] where it was a pass through another pipeline.
    public Pass open(Position position) {
        if (!position.pipeline().equals(stage.text())) {
            throw new DataException("Pipeline.open: the position is one in " + position.pipeline() + ", not in " + stage.text() + ".",
                    "Maybe the pipeline was changed since then: begin with open(epoch).");
        }
        return new Pass(stage, position.epoch(), position.delivered());
    }

    /// All elements of pass 0 as examples in memory: features and labels, two parts of one type each.
    public Examples examples() {
        var rows = new ArrayList<Cursor.Task>();
        bounded("examples");
        try (var pass = open(0)) {
            while (pass.hasNext()) {
                var item = pass.next();
                if (item.parts().size() > 2) {
                    throw new DataException("Pipeline.examples: an element has " + item.parts().size() + " parts, not features and labels.",
                            "Maybe give the pipeline itself to fit, withValidation or evaluate, which take several inputs and outputs.");
                }
                if (!batched()) {
                    rows.add(() -> item);
                    continue;
                }
                for (long i = 0; i < item.x().shape().dim(0); i++) {
                    long row = i;
                    rows.add(() -> row(item, row));
                }
            }
        }
        if (rows.isEmpty()) {
            throw new DataException("Pipeline.examples: there are no elements.", "Maybe take(0) or skip(n) left none.");
        }
        var all = Stack.join(rows);
        return Examples.of(all.x().array().buffer(), all.y().array().buffer());
    }

    private static Item row(Item batch, long row) {
        return new Item(batch.parts().stream().map(part -> {
            var type = part.type().withShape(new Shape(part.shape().dims().subList(1, part.rank())));
            return Tensor.wrap(new Buffer(part.array().buffer().memory().asSlice(row * type.bytes(), type.bytes()), type));
        }).toList());
    }

    /// The stages in words, with a digest of what the sources hold in memory: two pipelines of the same identity have the same data.
    String identity() {
        return Stage.identity(stage);
    }

    /// The stages in words, by which a position is recognised.
    @Override
    public String toString() {
        return stage.text();
    }
}
