// An LSTM reads a text letter by letter, learns which one comes next, and then writes by itself. Give it a longer text: Letters.java book.txt
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Embedding;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.stream.Stream;

static final int STEPS = 24;
static final int EXAMPLES = 40_000;

void main(String... args) throws Exception {
    var file = Stream.of(args).filter(name -> name.endsWith(".txt")).findFirst();
    var text = file.isPresent() ? Files.readString(Path.of(file.get())) : SONNETS;
    var alphabet = text.chars().distinct().sorted().collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();

    // 24 letters, and the one behind them.
    int n = Math.min(text.length() - STEPS, EXAMPLES);
    var x = new float[n][STEPS];
    var y = new int[n];
    for (int i = 0; i < n; i++) {
        for (int t = 0; t < STEPS; t++) x[i][t] = alphabet.indexOf(text.charAt(i + t));
        y[i] = alphabet.indexOf(text.charAt(i + STEPS));
    }
    var model = Model.of(Embedding.of(alphabet.length(), 16), LSTM.of(64), Dense.of(alphabet.length(), "softmax"))
            .compile(Adam.of(0.01), Loss.of("sparse_categorical_crossentropy"));
    IO.println("%d letters, of %d kinds".formatted(text.length(), alphabet.length()));
    for (int round = 1; round <= 4; round++) {
        var history = model.fit(x, y, Fit.of().withEpochs(5).withVerbosity(Verbosity.SILENT));
        // e to the cross-entropy: how many letters it still hesitates between.
        IO.println("after %2d epochs it hesitates between %.1f letters".formatted(5 * round, Math.exp(history.last("loss"))));
    }

    // The same weights in a layer that keeps its state: it is given one letter at a time, and remembers those before.
    var writer = Model.of(Embedding.of(alphabet.length(), 16), LSTM.of(64).withStateful(1), Dense.of(alphabet.length(), "softmax")).build(1);
    writer.assign(model.weights());
    IO.println("\n" + write(writer, alphabet, text.substring(0, STEPS), 240));
}

String write(Model writer, String alphabet, String begin, int letters) {
    var random = new SplittableRandom(1);
    var out = new StringBuilder(begin);
    writer.resetStates();
    float[] chances = {};
    for (int i = 0; i < begin.length(); i++) chances = writer.predict(new float[][] {{alphabet.indexOf(begin.charAt(i))}})[0];
    for (int i = 0; i < letters; i++) {
        double dice = random.nextDouble();
        int next = 0;
        // A likely letter is made a little likelier: p^2, which is a temperature of one half.
        double sum = 0;
        for (float p : chances) sum += p * p;
        while (next < chances.length - 1 && (dice -= chances[next] * chances[next] / sum) > 0) next++;
        out.append(alphabet.charAt(next));
        chances = writer.predict(new float[][] {{next}})[0];
    }
    return out.toString();
}

// Shakespeare's sonnets 18, 116 and 130.
static final String SONNETS = """
        Shall I compare thee to a summer's day?
        Thou art more lovely and more temperate:
        Rough winds do shake the darling buds of May,
        And summer's lease hath all too short a date;
        Sometime too hot the eye of heaven shines,
        And often is his gold complexion dimm'd;
        And every fair from fair sometime declines,
        By chance or nature's changing course untrimm'd;
        But thy eternal summer shall not fade,
        Nor lose possession of that fair thou ow'st;
        Nor shall death brag thou wander'st in his shade,
        When in eternal lines to time thou grow'st:
        So long as men can breathe or eyes can see,
        So long lives this, and this gives life to thee.

        Let me not to the marriage of true minds
        Admit impediments. Love is not love
        Which alters when it alteration finds,
        Or bends with the remover to remove:
        O no! it is an ever-fixed mark
        That looks on tempests and is never shaken;
        It is the star to every wandering bark,
        Whose worth's unknown, although his height be taken.
        Love's not Time's fool, though rosy lips and cheeks
        Within his bending sickle's compass come;
        Love alters not with his brief hours and weeks,
        But bears it out even to the edge of doom.
        If this be error and upon me proved,
        I never writ, nor no man ever loved.

        My mistress' eyes are nothing like the sun;
        Coral is far more red than her lips' red;
        If snow be white, why then her breasts are dun;
        If hairs be wires, black wires grow on her head.
        I have seen roses damask'd, red and white,
        But no such roses see I in her cheeks;
        And in some perfumes is there more delight
        Than in the breath that from my mistress reeks.
        I love to hear her speak, yet well I know
        That music hath a far more pleasing sound;
        I grant I never saw a goddess go;
        My mistress, when she walks, treads on the ground:
        And yet, by heaven, I think my love as rare
        As any she belied with false compare.
        """;
