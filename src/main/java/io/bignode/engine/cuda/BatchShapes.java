package io.bignode.engine.cuda;

import io.bignode.engine.cuda.CublasLt.Shape;
import io.bignode.poc.ModelParams;
import java.util.List;
import java.util.stream.Stream;

/** The products that a batch of a model consists of, as {@link CudaModel} launches them. */
final class BatchShapes {
    private BatchShapes() {}

    /**
     * Each shape once.
     *
     * @param batch     nonces in the batch
     * @param chunkRows rows that the feed-forward layer's first product takes at once
     */
    static List<Shape> of(ModelParams p, int batch, int chunkRows) {
        int d = p.dim();
        int f = p.hiddenDim();
        int rows = batch * p.seqLen();
        Stream<Shape> everywhere = Stream.of(new Shape(rows, d + 2 * p.kvDim(), d, d), new Shape(rows, d, d, d), new Shape(rows, d, f, f));
        Stream<Shape> atTheEnd = Stream.of(
                new Shape(rows, 2 * p.kvDim(), d, d), new Shape(batch, d, d, (long) p.seqLen() * d), new Shape(batch, d, d, d), new Shape(batch, d, f, f),
                new Shape(batch, p.vocabSize(), d, d));
        Stream<Shape> first = Stream.concat(chunks(p, rows, chunkRows), chunks(p, batch, chunkRows));
        return Stream.of(p.nLayers() > 1 ? everywhere : Stream.<Shape>of(), first, atTheEnd).flatMap(shapes -> shapes).distinct().toList();
    }

    private static Stream<Shape> chunks(ModelParams p, int rows, int chunkRows) {
        int last = rows % chunkRows;
        Stream<Shape> full = rows >= chunkRows ? Stream.of(first(p, chunkRows)) : Stream.of();
        return last == 0 ? full : Stream.concat(full, Stream.of(first(p, last)));
    }

    private static Shape first(ModelParams p, int rows) {
        return new Shape(rows, 2 * p.hiddenDim(), p.dim(), p.dim());
    }
}
