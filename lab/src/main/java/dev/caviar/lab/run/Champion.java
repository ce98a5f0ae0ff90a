package dev.caviar.lab.run;

import dev.caviar.tune.record.TrialView;

/// The best setting of a search, trained once more on all examples that are not for testing, and tested.
///
/// ```java
/// var search = Search.of(DataSource.of("digits").load()).withTrials(5).withEpochs(3);
/// Champion champion = search.training().champion(search.run().best().orElseThrow());
/// System.out.println(champion.test().accuracy());
/// champion.model().save(Path.of("runs/best"));
/// ```
///
/// @param trial    whose setting it is
/// @param model    the trained model
/// @param test     what it is worth on the test part
/// @param examples how many examples it was trained on
/// @param epochs   for how many epochs
public record Champion(TrialView trial, SavedModel model, TestScore test, int examples, int epochs) {}
