package io.bignode.planted.session;

import me.tongfei.progressbar.ProgressBar;

/** Breaks the rule that only the command line draws progress. */
record BreaksByDrawingProgress(ProgressBar bar) {}
