package io.bignode.broker;

import java.util.Map;
import javax.net.ssl.SSLContext;
import org.apache.activemq.artemis.core.remoting.impl.netty.TransportConstants;
import org.apache.activemq.artemis.core.remoting.impl.ssl.DefaultSSLContextFactory;
import org.apache.activemq.artemis.spi.core.remoting.ssl.SSLContextConfig;
import org.apache.activemq.artemis.spi.core.remoting.ssl.SSLContextFactory;

/**
 * Has Artemis use the TLS context it is given, instead of making one from files: certificates are read, pinned and renewed by this program.
 * Found by Artemis through {@code META-INF/services}.
 */
public final class SuppliedTls implements SSLContextFactory {
    /** Is asked before Artemis' own. */
    private static final int PRIORITY = 100;

    private final SSLContextFactory usual = new DefaultSSLContextFactory();

    /** Made by Artemis. */
    public SuppliedTls() {}

    @Override
    public SSLContext getSSLContext(SSLContextConfig config, Map<String, Object> options) throws Exception {
        return options.get(TransportConstants.SSL_CONTEXT_PROP_NAME) instanceof SSLContext given ? given : usual.getSSLContext(config, options);
    }

    @Override
    public int getPriority() {
        return PRIORITY;
    }
}
