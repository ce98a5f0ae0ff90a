package dev.caviar.lab.plot;

import dev.caviar.engine.graph.Diagram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Where the boxes of a diagram stand: in ranks below each other, so that all arrows go down, few cross, and most are straight (Sugiyama,
/// Tagawa & Toda 1981). An arrow over several ranks has a place in each that it passes.
final class Layered {
    private static final int SWEEPS = 8;

    /// A box, or a place that an arrow passes.
    static final class Spot {
        final int rank;
        final double width;
        double x;
        final List<Spot> above = new ArrayList<>();
        final List<Spot> below = new ArrayList<>();

        Spot(int rank, double width) {
            this.rank = rank;
            this.width = width;
        }
    }

    final List<Spot> boxes = new ArrayList<>();
    /// For each arrow its spots from beginning to end.
    final List<List<Spot>> paths = new ArrayList<>();
    final List<List<Spot>> ranks = new ArrayList<>();

    Layered(Diagram diagram, double[] widths, double gap, double passing) {
        var rank = rank(diagram);
        for (int i = 0; i < widths.length; i++) {
            boxes.add(put(new Spot(rank[i], widths[i])));
        }
        for (var arrow : diagram.arrows()) {
            var path = new ArrayList<Spot>();
            path.add(boxes.get(arrow.from()));
            for (int r = rank[arrow.from()] + 1; r < rank[arrow.to()]; r++) {
                path.add(put(new Spot(r, passing)));
            }
            path.add(boxes.get(arrow.to()));
            for (int k = 1; k < path.size(); k++) {
                path.get(k - 1).below.add(path.get(k));
                path.get(k).above.add(path.get(k - 1));
            }
            paths.add(path);
        }
        order();
        place(gap);
    }

    private Spot put(Spot spot) {
        while (ranks.size() <= spot.rank) {
            ranks.add(new ArrayList<>());
        }
        ranks.get(spot.rank).add(spot);
        return spot;
    }

    /// Each box as far up as its arrows allow, inputs right above what reads them first.
    private static int[] rank(Diagram diagram) {
        var rank = new int[diagram.boxes().size()];
        var arrows = diagram.arrows().stream().sorted(Comparator.comparingInt(Diagram.Arrow::to)).toList();
        arrows.forEach(arrow -> rank[arrow.to()] = Math.max(rank[arrow.to()], rank[arrow.from()] + 1));
        for (int i = 0; i < rank.length; i++) {
            if (diagram.boxes().get(i).kind() == Diagram.Kind.INPUT) {
                int box = i;
                rank[i] = arrows.stream().filter(arrow -> arrow.from() == box).mapToInt(arrow -> rank[arrow.to()] - 1).min().orElse(rank[i]);
            }
        }
        return rank;
    }

    /// Sorts each rank by the mean place of its neighbours, down and up again.
    private void order() {
        for (var rank : ranks) {
            number(rank);
        }
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            boolean down = sweep % 2 == 0;
            for (var rank : down ? ranks : ranks.reversed()) {
                rank.sort(Comparator.comparingDouble(spot -> mean(down ? spot.above : spot.below, spot.x)));
                number(rank);
            }
        }
    }

    private static void number(List<Spot> rank) {
        for (int i = 0; i < rank.size(); i++) {
            rank.get(i).x = i - (rank.size() - 1) / 2.0;
        }
    }

    private static double mean(List<Spot> neighbours, double none) {
        return neighbours.stream().mapToDouble(spot -> spot.x).average().orElse(none);
    }

    /// Moves spots to where their neighbours are, as far as those beside them allow.
    private void place(double gap) {
        for (var rank : ranks) {
            spread(rank, rank.stream().mapToDouble(spot -> spot.x).toArray(), gap);
        }
        for (int sweep = 0; sweep < 2 * SWEEPS; sweep++) {
            boolean down = sweep % 2 == 0;
            for (var rank : down ? ranks : ranks.reversed()) {
                spread(rank, rank.stream().mapToDouble(spot -> mean(down ? spot.above : spot.below, spot.x)).toArray(), gap);
            }
        }
        double left = ranks.stream().flatMap(List::stream).mapToDouble(spot -> spot.x - spot.width / 2).min().orElse(0);
        ranks.forEach(rank -> rank.forEach(spot -> spot.x -= left));
    }

    /// The places nearest to those wanted that keep order and distance: an isotonic regression, by pooling.
    private static void spread(List<Spot> rank, double[] wanted, double gap) {
        int n = rank.size();
        var offset = new double[n];
        for (int i = 1; i < n; i++) {
            offset[i] = offset[i - 1] + (rank.get(i - 1).width + rank.get(i).width) / 2 + gap;
        }
        var sums = new double[n];
        var counts = new int[n];
        int blocks = 0;
        for (int i = 0; i < n; i++) {
            sums[blocks] = wanted[i] - offset[i];
            counts[blocks++] = 1;
            while (blocks > 1 && sums[blocks - 2] / counts[blocks - 2] > sums[blocks - 1] / counts[blocks - 1]) {
                sums[blocks - 2] += sums[blocks - 1];
                counts[blocks - 2] += counts[--blocks];
            }
        }
        int i = 0;
        for (int b = 0; b < blocks; b++) {
            for (int k = 0; k < counts[b]; k++, i++) {
                rank.get(i).x = sums[b] / counts[b] + offset[i];
            }
        }
    }

    double width() {
        return ranks.stream().flatMap(List::stream).mapToDouble(spot -> spot.x + spot.width / 2).max().orElse(0);
    }

    /// The largest of some values in each rank.
    double[] heights(double[] boxHeights) {
        var out = new double[ranks.size()];
        Arrays.fill(out, 0);
        for (int i = 0; i < boxHeights.length; i++) {
            int r = boxes.get(i).rank;
            out[r] = Math.max(out[r], boxHeights[i]);
        }
        return out;
    }
}
