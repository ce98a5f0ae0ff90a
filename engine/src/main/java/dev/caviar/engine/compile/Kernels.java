package dev.caviar.engine.compile;

import dev.caviar.engine.compile.Emitter.Part;
import dev.caviar.engine.compile.Terms.Kind;
import dev.caviar.engine.compile.Terms.Prim;
import dev.caviar.engine.compile.Terms.Term;
import dev.caviar.engine.compile.Values.Mode;
import dev.caviar.engine.kernel.MachineCode;
import dev.caviar.engine.memory.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.attribute.SourceFileAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// Compiled nests, one piece of machine code or one hidden class for each structure, shared by all programs.
///
/// With the property `caviar.dump` set to a folder, each class file or piece of code is written there beside its nest as text; a class's line numbers are those
/// of the text, so that a stack trace or a profiler shows the op.
final class Kernels {
    private static final int MOST = 1024;
    /// Rows of fewer vectors are short.
    private static final long SHORT = 8;
    private static final ClassDesc NAME = ClassDesc.of("dev.caviar.engine.compile.Fused");
    private static final MethodTypeDesc RUN = MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_long,
            ConstantDescs.CD_long, ConstantDescs.CD_long, ConstantDescs.CD_long, ConstantDescs.CD_long);
    /// A method longer than this many bytes is never inlined: kernels are compiled by themselves, whoever calls them.
    private static final int INLINED = 330;
    private static final boolean VECTORS = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    /// Elsewhere a masked load may be a whole load that touches what lies behind the tensor.
    private static final boolean MASKS = System.getProperty("os.arch").matches("amd64|x86_64");

    private static final Map<Key, Compiled> CACHE = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Compiled> eldest) {
            return size() > MOST;
        }
    };
    private static int dumped;

    /// How a nest is written: as machine code; as vectors, with masked tails or element by element at the end; as plain loops that
    /// compute what plain Java does. What one way cannot do takes the next.
    enum Way { MACHINE, MASKED, VECTORS, PLAIN }

    private static final Way BEST = MachineCode.isSupported() ? Way.MACHINE : !VECTORS ? Way.PLAIN : MASKS ? Way.MASKED : Way.VECTORS;

    private record Key(Nest nest, Way way, boolean flush) {}

    /// A kernel, and the way that it was written.
    record Compiled(Kernel kernel, Way way) {
        String how() {
            return switch (way) {
                case MACHINE -> "machine code";
                case MASKED, VECTORS -> "vectors";
                case PLAIN -> "plain";
            };
        }
    }

    private record Machine(MachineCode code) implements Kernel {
        @Override
        public void run(long table, long rows, long columns, long from, long to) {
            code.call(table, rows, columns, from, to);
        }
    }

    private Kernels() {}

    /// The kernel of a nest: fast where `fast` asks for it, with the functions of [dev.caviar.engine.kernel.Functions]; otherwise in plain loops that
    /// compute what plain Java does.
    static Compiled of(Nest nest, boolean fast) {
        return of(nest, fast ? BEST : Way.PLAIN);
    }

    static Compiled of(Nest nest, Way way) {
        return of(new Key(nest, way, way != Way.PLAIN));
    }

    /// The fast kernel of a nest that keeps subnormal results.
    static Compiled exact(Nest nest) {
        return of(new Key(nest, BEST, false));
    }

    private static Compiled of(Key key) {
        synchronized (CACHE) {
            return CACHE.computeIfAbsent(key, Kernels::compile);
        }
    }

    private static Compiled compile(Key key) {
        var nest = key.nest;
        var terms = Terms.of(nest, key.way != Way.PLAIN);
        var passes = new Passes(nest, terms);
        int weight = passes.weight();
        // Columns side by side lie in one line of the cache, or in two that are fetched together: machine code takes as many at a time.
        int unroll = weight <= 8 || key.way == Way.MACHINE && nest.axis() == Nest.Axis.COLUMNS ? 4 : weight <= 16 ? 2 : 1;
        if (key.way == Way.MACHINE && MachineEmitter.can(nest, terms, passes)) {
            var bytes = MachineEmitter.emit(nest, terms, passes, key.flush, unroll);
            dump(nest, bytes, ".bin");
            var code = MachineCode.of(bytes);
            if (code.isPresent()) {
                return new Compiled(new Machine(code.get()), Way.MACHINE);
            }
        }
        boolean wide = key.way != Way.PLAIN && VECTORS && vectorisable(nest, terms, passes);
        boolean masks = wide && MASKS && key.way != Way.VECTORS && words(nest, terms, passes);
        var bytes = emit(nest, terms, passes, new Emitter.Style(wide, masks, key.flush, wide ? unroll : 1));
        dump(nest, bytes, ".class");
        try {
            var type = MethodHandles.lookup().defineHiddenClass(bytes, true).lookupClass();
            return new Compiled((Kernel) type.getDeclaredConstructor().newInstance(), !wide ? Way.PLAIN : masks ? Way.MASKED : Way.VECTORS);
        } catch (ReflectiveOperationException | LinkageError e) {
            throw new IllegalStateException("The kernel could not be made of\n" + nest.print() + "Maybe this is an error in Caviar; please "
                    + "report it with the text above.", e);
        }
    }

    private static byte[] emit(Nest nest, Terms terms, Passes passes, Emitter.Style style) {
        var title = nest.instructions().stream().map(Nest.Instruction::label).limit(8).collect(Collectors.joining(" "));
        return ClassFile.of().build(NAME, type -> {
            type.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SYNTHETIC).withInterfaceSymbols(ClassDesc.of(Kernel.class.getName()));
            type.with(SourceFileAttribute.of(title));
            type.withMethodBody(ConstantDescs.INIT_NAME, ConstantDescs.MTD_void, 0, code -> code.aload(0)
                    .invokespecial(ConstantDescs.CD_Object, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void).return_());
            if (!style.vectors()) {
                type.withMethodBody("run", RUN, ClassFile.ACC_PUBLIC, code -> body(nest, terms, passes, style, Part.ALL, code));
                return;
            }
            var parts = parts(nest.axis(), style);
            parts.forEach(part -> type.withMethodBody(name(part), RUN, 0, code -> body(nest, terms, passes, style, part, code)));
            type.withMethodBody("run", RUN, ClassFile.ACC_PUBLIC, code -> dispatch(nest.axis(), parts, style.unroll(), code));
        });
    }

    private static List<Part> parts(Nest.Axis axis, Emitter.Style style) {
        return switch (axis) {
            case FLAT -> List.of(Part.WHOLE, Part.REST);
            case ROWS -> style.masks() ? List.of(Part.WHOLE, Part.SHORT, Part.ALL) : List.of(Part.WHOLE, Part.ALL);
            case COLUMNS -> style.unroll() == 1 ? List.of(Part.WHOLE, Part.REST) : List.of(Part.WHOLE, Part.SINGLE, Part.REST);
        };
    }

    private static String name(Part part) {
        return part.name().toLowerCase(Locale.ROOT);
    }

    private static void body(Nest nest, Terms terms, Passes passes, Emitter.Style style, Part part, CodeBuilder code) {
        new Emitter(nest, terms, passes, style, part, code).emit();
        for (int i = 0; i < INLINED; i++) {
            code.nop();
        }
        code.return_();
    }

    /// Rows of whole vectors go one way, all others another; otherwise each part gets its share of `from` to `to`.
    private static void dispatch(Nest.Axis axis, List<Part> parts, int unroll, CodeBuilder code) {
        if (axis == Nest.Axis.ROWS) {
            var ragged = code.newLabel();
            code.lload(Emitter.COLUMNS).loadConstant(Wide.LANES - 1L).land().lconst_0().lcmp().ifne(ragged);
            invoke(Part.WHOLE, Emitter.FROM, Emitter.TO, code);
            code.return_().labelBinding(ragged);
            if (parts.contains(Part.SHORT)) {
                var longer = code.newLabel();
                code.lload(Emitter.COLUMNS).loadConstant(SHORT * Wide.LANES).lcmp().ifge(longer);
                invoke(Part.SHORT, Emitter.FROM, Emitter.TO, code);
                code.return_().labelBinding(longer);
            }
            invoke(Part.ALL, Emitter.FROM, Emitter.TO, code);
            code.return_();
            return;
        }
        int from = Emitter.FROM;
        int to = Emitter.LOCALS;
        for (var part : parts) {
            long round = (part == Part.WHOLE && axis == Nest.Axis.COLUMNS ? unroll : 1) * (long) Wide.LANES;
            var none = code.newLabel();
            if (part == Part.REST) {
                code.lload(Emitter.TO);
            } else {
                code.lload(Emitter.TO).lload(from).lsub().loadConstant(-round).land().lload(from).ladd();
            }
            code.lstore(to).lload(from).lload(to).lcmp().ifge(none);
            invoke(part, from, to, code);
            code.labelBinding(none);
            from = to;
            to += 2;
        }
        code.return_();
    }

    private static void invoke(Part part, int from, int to, CodeBuilder code) {
        code.aload(0).lload(Emitter.TABLE).lload(Emitter.ROWS).lload(Emitter.COLUMNS).lload(from).lload(to).invokevirtual(NAME, name(part), RUN);
    }

    /// Whether everything that varies along a row comes as vectors of 32-bit lanes.
    private static boolean vectorisable(Nest nest, Terms terms, Passes passes) {
        boolean some = false;
        for (int t = 0; t < terms.list().size(); t++) {
            var term = terms.get(t);
            if (passes.alive(t) && (term.wide() || Passes.reduction(term))) {
                some = true;
                if (!vectorisable(nest, terms, term)) {
                    return false;
                }
            }
        }
        for (var store : nest.stores()) {
            boolean wide = store.mode() == Mode.FULL || store.mode() == Mode.ROW;
            some |= wide;
            if (wide && !inLanes(nest.dtype(store.value()))) {
                return false;
            }
        }
        return some;
    }

    private static boolean vectorisable(Nest nest, Terms terms, Term term) {
        if (term.kind() == Kind.D || term.kind() == Kind.L) {
            return false;
        }
        return switch (term.prim()) {
            case LOAD -> inLanes(nest.sources().get((int) term.bits()).dtype());
            case UNARY, BINARY, RARELY, QUOTIENT, POWER, ROUND_F16, ARG -> false;
            case REDUCE -> term.kind() == Kind.F && term.bits() != dev.caviar.engine.kernel.ReduceFn.PROD.ordinal();
            default -> term.args().stream().allMatch(a -> terms.get(a).kind() != Kind.D && terms.get(a).kind() != Kind.L);
        };
    }

    private static boolean inLanes(DType dtype) {
        return switch (dtype) {
            case F32, I32 -> true;
            case BF16, U8, BOOL -> Wide.LANES == 8 || Wide.LANES == 16;
            case F64, F16, I64 -> false;
        };
    }

    /// Whether all vectors in memory are of 32-bit lanes, the only ones that a mask can load everywhere.
    private static boolean words(Nest nest, Terms terms, Passes passes) {
        for (int t = 0; t < terms.list().size(); t++) {
            var term = terms.get(t);
            if (passes.alive(t) && term.wide() && term.prim() == Prim.LOAD && nest.sources().get((int) term.bits()).dtype().bytes() != 4) {
                return false;
            }
        }
        return nest.stores().stream().noneMatch(store -> (store.mode() == Mode.FULL || store.mode() == Mode.ROW)
                && nest.dtype(store.value()).bytes() != 4);
    }

    private static void dump(Nest nest, byte[] bytes, String suffix) {
        var folder = System.getProperty("caviar.dump");
        if (folder != null) {
            try {
                var name = "Fused" + dumped++;
                Files.createDirectories(Path.of(folder));
                Files.write(Path.of(folder, name + suffix), bytes);
                Files.writeString(Path.of(folder, name + ".txt"), nest.print());
            } catch (IOException e) {
                throw new UncheckedIOException("caviar.dump: could not write to " + folder + ".", e);
            }
        }
    }
}
