import io.envoyproxy.controlplane.cache.v3.SimpleCache;
import io.envoyproxy.controlplane.server.DefaultExecutorGroup;
import io.envoyproxy.controlplane.server.V3DiscoveryServer;
import io.envoyproxy.controlplane.server.serializer.CachedProtoResourcesSerializer;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import io.etcd.jetcd.watch.WatchResponse;
import io.grpc.netty.NettyServerBuilder;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * An xDS server on java-control-plane that serves serin's objects from etcd, like peer-go. Arguments:
 * port, etcd, and the shape (own or one).
 */
public final class Peer {
  private static final ByteSequence PREFIX = bytes("/serin/");
  private static final String ALL = "all";

  public static void main(String[] args) throws Exception {
    Client etcd = Client.builder().endpoints("http://" + args[1]).build();
    Objects objects = new Objects("/serin/", args[2].equals("one"));
    var everything = GetOption.builder().isPrefix(true).build();
    var list = etcd.getKVClient().get(PREFIX, everything).get();
    for (KeyValue entry : list.getKvs()) {
      objects.apply(text(entry.getKey()), text(entry.getValue()));
    }
    SimpleCache<String> cache = new SimpleCache<>(node -> ALL);
    cache.setSnapshot(ALL, objects.snapshot());
    serve(cache, Integer.parseInt(args[0]));
    var events = new LinkedBlockingQueue<WatchResponse>();
    var rest =
        WatchOption.builder()
            .isPrefix(true)
            .withRevision(list.getHeader().getRevision() + 1)
            .build();
    etcd.getWatchClient().watch(PREFIX, rest, events::add);
    System.out.println("ready");
    while (true) {
      // What else is there already is published with it.
      for (WatchResponse next = events.take(); next != null; next = events.poll()) {
        for (WatchEvent event : next.getEvents()) {
          KeyValue entry = event.getKeyValue();
          boolean deleted = event.getEventType() == WatchEvent.EventType.DELETE;
          objects.apply(text(entry.getKey()), deleted ? null : text(entry.getValue()));
        }
      }
      cache.setSnapshot(ALL, objects.snapshot());
    }
  }

  private static void serve(SimpleCache<String> cache, int port) throws Exception {
    var server =
        new V3DiscoveryServer(
            List.of(), cache, new DefaultExecutorGroup(), new CachedProtoResourcesSerializer());
    NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
        .addService(server.getAggregatedDiscoveryServiceImpl())
        .maxInboundMessageSize(64 << 20)
        .build()
        .start();
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  private static String text(ByteSequence bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
