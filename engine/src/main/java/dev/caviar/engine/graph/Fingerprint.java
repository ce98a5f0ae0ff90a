package dev.caviar.engine.graph;

import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Array;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.CustomOp;
import dev.caviar.engine.tensor.Node;
import dev.caviar.engine.tensor.Op;
import dev.caviar.engine.tensor.Sym;
import dev.caviar.engine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.TreeMap;

/// Digests a graph: inputs, ops with their attributes, constants to the last bit, outputs and donations.
final class Fingerprint {
    private static final long SLICE = 1 << 30;

    private final MessageDigest digest;
    private final Map<Object, Integer> numbers = new IdentityHashMap<>();
    private final Map<Array, String> constants = new IdentityHashMap<>();

    private Fingerprint() {
        digest = sha256();
    }

    static String of(Graph graph) {
        return new Fingerprint().digest(graph);
    }

    private String digest(Graph graph) {
        for (var input : graph.inputs()) {
            numbers.put(input, numbers.size());
            line("input " + input.type());
        }
        for (var node : graph.nodes()) {
            numbers.put(node, numbers.size());
            var text = new StringBuilder(name(node.op()));
            for (var tensor : node.in()) {
                text.append(' ').append(name(tensor));
            }
            // What comes out depends on what goes in, but for an op that takes its types from elsewhere.
            for (var type : node.out()) {
                text.append(" : ").append(type);
            }
            line(text.toString());
        }
        for (var output : graph.outputs()) {
            line("output " + name(output));
        }
        line("donated " + new TreeMap<>(graph.donated()));
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Records and constants print all that they are; ops and bodies from outside may share names.
    private static String name(Op op) {
        return switch (op) {
            case CustomOp custom -> custom.getClass().getName() + " " + custom;
            case Call call -> "call " + call.body().getClass().getName() + " " + call;
            default -> op.getClass().getSimpleName() + " " + op;
        };
    }

    private String name(Tensor tensor) {
        return switch (tensor) {
            case Array array -> constants.computeIfAbsent(array, Fingerprint::content);
            case Sym sym -> {
                Node node = sym.node();
                yield node == null ? "%" + numbers.get(sym) : "%" + numbers.get(node) + "." + sym.output();
            }
        };
    }

    private static String content(Array array) {
        var sum = sha256();
        Type type = array.type();
        MemorySegment memory = array.buffer().memory();
        for (long at = 0; at < type.bytes(); at += SLICE) {
            sum.update(memory.asSlice(at, Math.min(SLICE, type.bytes() - at)).asByteBuffer());
        }
        return "constant " + type + " " + HexFormat.of().formatHex(sum.digest());
    }

    private void line(String text) {
        digest.update((text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
    }
}
