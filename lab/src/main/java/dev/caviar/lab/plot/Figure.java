package dev.caviar.lab.plot;

import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;

/// Plots in rows and columns with one legend below them, as an image of twice its nominal size.
///
/// @param headline what stands above all, empty for nothing
/// @param rows     the plots
/// @param cell     the size of one plot with its title, per row
record Figure(String headline, List<List<Plot>> rows, List<Plot.Size> cell) {
    static final int SCALE = 2;
    private static final int MARGIN = 14, TITLE = 28, HEADLINE = 34, LEGEND = 22, INSIDE = 18, SWATCH = 26, GAP = 20;
    private static final int LEFT = 68, RIGHT = 12, BELOW = 52;        // room for labels around a plot, the same everywhere

    static Figure of(Plot plot, Plot.Size cell) {
        return new Figure("", List.of(List.of(plot)), List.of(cell));
    }

    BufferedImage image() {
        var width = 0;
        var height = headline.isEmpty() ? 0 : HEADLINE;
        for (var i = 0; i < rows.size(); i++) {
            width = Math.max(width, rows.get(i).size() * cell.get(i).width());
            height += cell.get(i).height();
        }
        var legend = legend(width);
        var ramps = rows.stream().flatMap(List::stream).map(Plot::ramp).filter(Objects::nonNull).distinct().toList();
        var image = new BufferedImage(SCALE * (width + 2 * MARGIN), SCALE * (height + 2 * MARGIN + (legend.size() + ramps.size()) * LEGEND),
                BufferedImage.TYPE_INT_RGB);
        var g = image.createGraphics();
        try {
            prepare(g, image);
            var top = (double) MARGIN;
            if (!headline.isEmpty()) {
                text(g, Wording.fit(headline, Look.HEADLINE, width - 16), Look.HEADLINE, MARGIN + 8, top + 19);
                top += HEADLINE;
            }
            for (var i = 0; i < rows.size(); i++) {
                row(g, rows.get(i), cell.get(i), top);
                top += cell.get(i).height();
            }
            for (var line : legend) {
                legend(g, line, width, top + LEGEND / 2.0 + 2);
                top += LEGEND;
            }
            for (var ramp : ramps) {
                ramp.draw(g, MARGIN + width / 2.0, top + LEGEND / 2.0 + 2);
                top += LEGEND;
            }
        } finally {
            g.dispose();
        }
        return image;
    }

    static void prepare(Graphics2D g, BufferedImage image) {
        g.setColor(Look.BACKGROUND);
        g.fillRect(0, 0, image.getWidth(), image.getHeight());
        g.scale(SCALE, SCALE);
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    }

    private static void row(Graphics2D g, List<Plot> plots, Plot.Size cell, double top) {
        for (var i = 0; i < plots.size(); i++) {
            var part = (Graphics2D) g.create();
            try {
                part.translate(MARGIN + i * cell.width(), top);
                plot(part, plots.get(i), cell);
            } finally {
                part.dispose();
            }
        }
    }

    private static void plot(Graphics2D g, Plot plot, Plot.Size cell) {
        text(g, Wording.fit(plot.title, Look.TITLE, cell.width() - 24), Look.TITLE, 10, 18);
        var left = left(plot, cell);
        var size = new Plot.Size(cell.width() - left - RIGHT, cell.height() - TITLE - BELOW);
        g.translate(left, TITLE);
        var clip = g.getClip();
        g.clipRect(0, 0, size.width(), size.height());
        plot.paint(g, size);
        g.setClip(clip);
        if (plot.corner() != null) inside(g, plot, plot.corner(), size);
        var below = size.height() + 16;
        across(g, plot, size, below);
        var name = Wording.fit(plot.x.name(), Look.NAME, size.width());
        text(g, name, Look.NAME, (size.width() - Wording.width(name, Look.NAME)) / 2, below + 19);
        g.setColor(Look.QUIET_INK);
        g.setFont(Look.TICK);
        beside(g, plot, size, left);
        g.rotate(-Math.PI / 2);
        var metric = Wording.fit(plot.y.name(), Look.NAME, size.height());
        text(g, metric, Look.NAME, -(size.height() + Wording.width(metric, Look.NAME)) / 2, 14 - left);
    }

    // More room beside words than beside numbers.
    private static int left(Plot plot, Plot.Size cell) {
        if (plot.y.kind() != Axis.Kind.CATEGORY) return LEFT;
        var widest = plot.y.texts().stream().mapToDouble(text -> Wording.width(text, Look.TICK)).max().orElse(0);
        return (int) Math.clamp(widest + (plot.y.name().isEmpty() ? 14 : 34), 30, 0.36 * cell.width());
    }

    // The labels beside a plot: words cut to their room, and not more than can stand below each other.
    private static void beside(Graphics2D g, Plot plot, Plot.Size size, int left) {
        var ticks = plot.y.ticks();
        var every = plot.y.logarithmic() ? 1 : Math.max(1, (int) Math.ceil(14.0 * ticks.size() / size.height()));
        var room = left - (plot.y.name().isEmpty() ? 10 : 28);
        for (var i = 0; i < ticks.size(); i += every) {
            var label = plot.y.kind() == Axis.Kind.CATEGORY ? Wording.fit(ticks.get(i).label(), Look.TICK, room) : ticks.get(i).label();
            g.drawString(label, (float) (-6 - Wording.width(label, Look.TICK)), (float) plot.down(ticks.get(i).place()) + 4);
        }
    }

    // The labels below a plot: categories cut to their columns, of numbers as many as have room.
    private static void across(Graphics2D g, Plot plot, Plot.Size size, double y) {
        var ticks = plot.x.ticks();
        var column = size.width() / Math.max(1.0, ticks.size()) - 8;
        var room = plot.x.kind() != Axis.Kind.CATEGORY ? size.width() / 2.0 : column < 36 ? 90 : column;
        var widest = ticks.stream().mapToDouble(tick -> Math.min(room, Wording.width(tick.label(), Look.TICK))).max().orElse(0);
        var every = (int) Math.ceil((widest + 6) * ticks.size() / (size.width() + 6.0));
        g.setColor(Look.QUIET_INK);
        g.setFont(Look.TICK);
        for (var i = 0; i < ticks.size(); i++) {
            if (!plot.x.logarithmic() && i % Math.max(1, every) != 0) continue;
            var label = Wording.fit(ticks.get(i).label(), Look.TICK, room);
            g.drawString(label, (float) (plot.across(ticks.get(i).place()) - Wording.width(label, Look.TICK) / 2), (float) y);
        }
    }

    private static void text(Graphics2D g, String text, Font font, double x, double y) {
        g.setFont(font);
        g.setColor(Look.INK);
        g.drawString(text, (float) x, (float) y);
    }

    // The signs of all plots, each once, in lines that fit.
    private List<List<Plot.Key>> legend(int width) {
        var keys = new LinkedHashMap<String, Plot.Key>();
        for (var row : rows) for (var plot : row)
            if (plot.corner() == null) for (var key : plot.keys()) keys.putIfAbsent(key.text(), key);
        var lines = new ArrayList<List<Plot.Key>>();
        var line = new ArrayList<Plot.Key>();
        for (var key : keys.values()) {
            line.add(key);
            if (line.size() > 1 && length(line) > width) {
                line.removeLast();
                lines.add(List.copyOf(line));
                line.clear();
                line.add(key);
            }
        }
        if (!line.isEmpty()) lines.add(List.copyOf(line));
        return lines;
    }

    private static double length(List<Plot.Key> line) {
        var length = -GAP + 0.0;
        for (var key : line) length += SWATCH + 6 + Wording.width(key.text(), Look.NAME) + GAP;
        return length;
    }

    private static void legend(Graphics2D g, List<Plot.Key> line, int width, double middle) {
        var left = MARGIN + (width - length(line)) / 2;
        for (var key : line) {
            key(g, key, left, middle);
            left += SWATCH + 6 + Wording.width(key.text(), Look.NAME) + GAP;
        }
    }

    // One sign below the other in a corner of a plot, on a veil over what lies there.
    private static void inside(Graphics2D g, Plot plot, Chart.Corner corner, Plot.Size size) {
        var widest = plot.keys().stream().mapToDouble(key -> length(List.of(key))).max().orElse(0);
        double width = widest + 14, height = plot.keys().size() * INSIDE + 8.0;
        double left = corner == Chart.Corner.UPPER_LEFT || corner == Chart.Corner.LOWER_LEFT ? 8 : size.width() - width - 8;
        double top = corner == Chart.Corner.UPPER_LEFT || corner == Chart.Corner.UPPER_RIGHT ? 8 : size.height() - height - 8;
        g.setColor(Look.VEIL);
        g.fill(new Rectangle2D.Double(left, top, width, height));
        for (var key : plot.keys()) {
            key(g, key, left + 7, top + 4 + INSIDE / 2.0);
            top += INSIDE;
        }
    }

    private static void key(Graphics2D g, Plot.Key key, double left, double middle) {
        if (key.stroke() != null) {
            g.setColor(key.color());
            g.setStroke(key.stroke());
            g.draw(new Line2D.Double(left, middle, left + SWATCH, middle));
        }
        key.mark().draw(g, left + SWATCH / 2.0, middle, key.color());
        text(g, key.text(), Look.NAME, left + SWATCH + 6, middle + 4.3);
    }
}
