import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.envoyproxy.controlplane.cache.v3.Snapshot;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What etcd holds, and the resources made of it: only what changed is made anew, and each type has a
 * version of its own, or every change would send every type again.
 */
final class Objects {
  /** An endpoint, and the cluster it is in. */
  record Instance(String cluster, String address, int weight) {}

  private static final int FIRST_PORT = 10_000;

  private final String prefix;
  private final boolean oneForAll;
  private final Map<String, Instance> instances = new HashMap<>();
  private final Map<String, TreeMap<String, Instance>> byCluster = new HashMap<>();
  private final Map<String, VirtualHost> hosts = new TreeMap<>();
  private final Map<String, Cluster> clusters = new TreeMap<>();
  private final Map<String, ClusterLoadAssignment> assignments = new TreeMap<>();
  private final Map<String, Listener> listeners = new TreeMap<>();
  private final Map<String, RouteConfiguration> routes = new TreeMap<>();
  private int clusterVersion;
  private int assignmentVersion;
  private int listenerVersion;
  private int routeVersion;

  Objects(String prefix, boolean oneForAll) {
    this.prefix = prefix;
    this.oneForAll = oneForAll;
  }

  /** A value of null is a key that is gone. */
  void apply(String key, String value) {
    String[] path = key.substring(prefix.length()).split("/");
    if (path[0].equals("endpoints")) {
      applyInstance(path[1], key, value);
    } else if (path[0].equals("weights")) {
      applyWeights(path[1], value);
    }
  }

  private void applyInstance(String service, String key, String value) {
    Instance before = instances.remove(key);
    if (before != null) {
      byCluster.get(before.cluster()).remove(key);
    }
    Instance next = null;
    if (value != null) {
      JsonObject json = JsonParser.parseString(value).getAsJsonObject();
      String cluster = service + "/" + json.get("version").getAsString();
      next = new Instance(cluster, json.get("address").getAsString(), json.get("weight").getAsInt());
      instances.put(key, next);
      byCluster.computeIfAbsent(cluster, name -> new TreeMap<>()).put(key, next);
      assign(cluster);
    }
    if (before != null && (next == null || !next.cluster().equals(before.cluster()))) {
      assign(before.cluster());
    }
  }

  private void assign(String cluster) {
    var members = byCluster.get(cluster);
    assignmentVersion++;
    if (members.isEmpty()) {
      clusterVersion++;
      clusters.remove(cluster);
      assignments.remove(cluster);
      return;
    }
    assignments.put(cluster, Resources.assignment(cluster, members.values()));
    if (!clusters.containsKey(cluster)) {
      clusterVersion++;
      clusters.put(cluster, Resources.cluster(cluster));
    }
  }

  private void applyWeights(String service, String value) {
    routeVersion++;
    if (value == null) {
      hosts.remove(service);
      routes.remove(service);
      listeners.remove(service);
      listenerVersion++;
      return;
    }
    var weights = new TreeMap<String, Integer>();
    for (var entry : JsonParser.parseString(value).getAsJsonObject().entrySet()) {
      weights.put(entry.getKey(), entry.getValue().getAsInt());
    }
    VirtualHost host = Resources.virtualHost(service, weights);
    hosts.put(service, host);
    String listener = oneForAll ? "all" : service;
    if (!oneForAll) {
      routes.put(service, Resources.routes(service, List.of(host)));
    }
    if (!listeners.containsKey(listener)) {
      listenerVersion++;
      listeners.put(listener, Resources.listener(listener, FIRST_PORT + listeners.size()));
    }
  }

  Snapshot snapshot() {
    if (oneForAll) {
      routes.put("all", Resources.routes("all", hosts.values()));
    }
    return Snapshot.create(
        new ArrayList<>(clusters.values()),
        Integer.toString(clusterVersion),
        new ArrayList<>(assignments.values()),
        Integer.toString(assignmentVersion),
        new ArrayList<>(listeners.values()),
        Integer.toString(listenerVersion),
        new ArrayList<>(routes.values()),
        Integer.toString(routeVersion),
        List.of(),
        "1");
  }
}
