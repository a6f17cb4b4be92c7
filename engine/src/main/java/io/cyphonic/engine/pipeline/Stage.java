package io.cyphonic.engine.pipeline;

import io.cyphonic.signaling.net.Readiness;

/** The first step of a pipeline, as the thread that runs it sees it. */
interface Stage {
    /** Answer of {@link #work}: a batch went on its way, and there may be more at once. */
    int BUSY = 2;

    /** Answer of {@link #work}: a batch went on its way, and the source has nothing more now. */
    int DRAINED = 1;

    /** Answer of {@link #work}: there was nothing to do. */
    int EMPTY = 0;

    /** Answer of {@link #work}: the source is broken at present; pause before trying again. */
    int FAILED = -1;

    /** Answer of {@link #work}: the pipeline is being shut down. */
    int STOPPED = -2;

    /** Where its work comes from: {@link Readiness#TUN} or {@link Readiness#UDP}. */
    int reads();

    /** Stages one batch, if there is something, and sends it on its way. */
    int work();

    /** Called once after the last {@link #work}: counts what is left behind. */
    void stopped();
}
