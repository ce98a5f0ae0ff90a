package dev.caviar.nn.train;

import dev.caviar.engine.memory.DType;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Layer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// All about a model but its weights and how it is trained.
record Settings(Layer layer, long seed, DType dtype, Precision precision, @Nullable Normaliser normaliser, List<String> classes,
        Map<String, String> notes) {
    Settings {
        classes = List.copyOf(classes);
        if (precision.low() != null && dtype != DType.F32) {
            throw new IllegalArgumentException("A model of " + dtype + " cannot be in " + precision.kind() + ": mixed precision is for weights "
                    + "of F32.\nMaybe leave out withDType.");
        }
        notes = Collections.unmodifiableMap(new LinkedHashMap<>(notes));
    }

    static Settings of(Layer layer) {
        return new Settings(layer, 1, DType.F32, Precision.F32, null, List.of(), Map.of());
    }

    Settings withSeed(long seed) {
        return new Settings(layer, seed, dtype, precision, normaliser, classes, notes);
    }

    Settings withDType(DType dtype) {
        return new Settings(layer, seed, dtype, precision, normaliser, classes, notes);
    }

    Settings withPrecision(Precision precision) {
        return new Settings(layer, seed, dtype, precision, normaliser, classes, notes);
    }

    Settings withNormaliser(Normaliser normaliser) {
        return new Settings(layer, seed, dtype, precision, normaliser, classes, notes);
    }

    Settings withClasses(List<String> classes) {
        return new Settings(layer, seed, dtype, precision, normaliser, classes, notes);
    }

    Settings withNotes(Map<String, String> notes) {
        return new Settings(layer, seed, dtype, precision, normaliser, classes, notes);
    }
}
