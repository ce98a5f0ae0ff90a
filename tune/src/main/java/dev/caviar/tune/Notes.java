package dev.caviar.tune;

import dev.caviar.tune.record.StudyView;
import dev.caviar.tune.storage.Storage;
import dev.caviar.tune.storage.StorageException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What people say about a study and its trials: attributes, tags, notes in Markdown, and which trials not to look at.
///
/// Notes are kept as optuna-dashboard keeps them, and shown there. Finished trials never change, so what is said about them stands with the study.
///
/// ```java
/// try (var study = Study.inMemory(StudyOptions.of("mnist"))) {
///     study.notes().tag("baseline");
///     study.notes().write("Trained **without** augmentation.");
///     assert study.notes().tags().contains("baseline");
/// }
/// ```
///
/// @param storage where the study is
/// @param study   its name
public record Notes(Storage storage, String study) {
    /// Key of the study's attribute with its tags.
    public static final String TAGS = "tags";
    /// The beginning of the keys of the study's system attributes that hide a trial; its number follows.
    public static final String HIDDEN = "caviar:hidden:";
    // The dashboard's keys; databases that it was made for hold 2048 characters in one value, quotes included.
    private static final String NOTE = "dashboard:";
    private static final int CHUNK = 2045;

    /// What is said about this study.
    public static Notes of(Storage storage, String study) {
        return new Notes(storage, study);
    }

    /// Notes anything that has a form in JSON: text, numbers, booleans, lists, maps.
    public void attribute(String key, @Nullable Object value) {
        storage.note(study, key, value);
    }

    /// What was noted, by key.
    public Map<String, @Nullable Object> attributes() {
        return view().attributes();
    }

    /// Adds a tag.
    public void tag(String tag) {
        var tags = new LinkedHashSet<>(tags());
        if (tags.add(tag)) attribute(TAGS, List.copyOf(tags));
    }

    /// Takes a tag away.
    public void untag(String tag) {
        var tags = new LinkedHashSet<>(tags());
        if (tags.remove(tag)) attribute(TAGS, List.copyOf(tags));
    }

    /// The tags in the order of adding.
    public List<String> tags() {
        return attributes().get(TAGS) instanceof List<?> list ? list.stream().map(String::valueOf).toList() : List.of();
    }

    /// Replaces the note about the study; Markdown.
    public void write(String text) {
        write(NOTE, text);
    }

    /// The note about the study; empty where there is none.
    public String read() {
        return read(NOTE);
    }

    /// Replaces the note about a trial; Markdown.
    public void write(int trial, String text) {
        write(prefix(trial), text);
    }

    /// The note about a trial; empty where there is none.
    public String read(int trial) {
        return read(prefix(trial));
    }

    /// Leaves a trial out of the search: it is never the best, and no sampler or pruner sees it from now on. It still counts in budgets.
    public void hide(int trial) {
        check(trial);
        storage.noteSystem(study, HIDDEN + trial, true);
    }

    /// Takes a hidden trial back.
    public void show(int trial) {
        check(trial);
        storage.noteSystem(study, HIDDEN + trial, false);
    }

    /// The hidden trials.
    public Set<Integer> hidden() {
        return hidden(view());
    }

    /// The same of a study as it was read.
    public static Set<Integer> hidden(StudyView view) {
        var hidden = new TreeSet<Integer>();
        view.systemAttributes().forEach((key, value) -> {
            if (key.startsWith(HIDDEN) && Boolean.TRUE.equals(value)) hidden.add(Integer.valueOf(key.substring(HIDDEN.length())));
        });
        return hidden;
    }

    private String prefix(int trial) {
        check(trial);
        return NOTE + storage.id(study, trial) + ":";
    }

    private void check(int trial) {
        var trials = storage.tally(study).trials();
        if (trial < 0 || trial >= trials)
            throw new StorageException("There is no trial " + trial + " in study \"" + study + "\", which has " + trials + ".");
    }

    // The version comes last: whoever sees it sees the text. Chunks of a longer one before are emptied.
    private void write(String prefix, String text) {
        var before = view().systemAttributes();
        var chunks = new ArrayList<String>();
        for (var start = 0; start < text.length(); start += CHUNK) chunks.add(text.substring(start, Math.min(text.length(), start + CHUNK)));
        for (var i = 0; i < chunks.size() || before.containsKey(prefix + "note_str:" + i); i++)
            storage.noteSystem(study, prefix + "note_str:" + i, i < chunks.size() ? chunks.get(i) : "");
        var version = before.get(prefix + "note_ver") instanceof Long known ? known + 1 : 1L;
        storage.noteSystem(study, prefix + "note_ver", version);
    }

    private String read(String prefix) {
        var attributes = view().systemAttributes();
        var text = new StringBuilder();
        for (var i = 0; attributes.get(prefix + "note_str:" + i) instanceof String chunk; i++) text.append(chunk);
        return text.toString();
    }

    private StudyView view() {
        return storage.study(study);
    }
}
