import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.protobuf.StringValue;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A proxyless gRPC client: commands on stdin, answers on stdout; see ../README.md.
 *
 * <p>java Client &lt;target&gt;
 */
final class Client {
  record Users(String header, int from, int to) {}

  record Command(
      int calls,
      int parallel,
      long deadlineMs,
      String method,
      Map<String, String> headers,
      JsonObject request,
      Users users) {}

  record Answer(
      Map<String, Integer> counts, Map<String, Integer> errors, Map<String, String> byUser) {
    synchronized void answered(Command command, int user, String version) {
      counts.merge(version, 1, Integer::sum);
      if (command.users != null) byUser.put(String.valueOf(user), version);
    }

    synchronized void failed(String status) {
      errors.merge(status, 1, Integer::sum);
    }
  }

  private static final Gson GSON = new Gson();

  private static MethodDescriptor<StringValue, StringValue> method(String name) {
    var marshaller = ProtoUtils.marshaller(StringValue.getDefaultInstance());
    return MethodDescriptor.newBuilder(marshaller, marshaller)
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName("serin.test.Echo/" + name)
        .build();
  }

  private static void put(Metadata metadata, String name, String value) {
    metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
  }

  private static void say(ManagedChannel channel, Command command, int user, Answer answer) {
    var metadata = new Metadata();
    if (command.headers != null) command.headers.forEach((n, value) -> put(metadata, n, value));
    if (command.users != null) put(metadata, command.users.header, String.valueOf(user));
    var request = command.request == null ? "{}" : command.request.toString();
    var options =
        CallOptions.DEFAULT.withDeadlineAfter(command.deadlineMs, TimeUnit.MILLISECONDS);
    var calling =
        ClientInterceptors.intercept(
            channel, MetadataUtils.newAttachHeadersInterceptor(metadata));
    try {
      var reply =
          ClientCalls.blockingUnaryCall(
              calling, method(command.method), options, StringValue.of(request));
      var told = GSON.fromJson(reply.getValue(), JsonObject.class);
      answer.answered(command, user, told.get("version").getAsString());
    } catch (StatusRuntimeException error) {
      answer.failed(error.getStatus().getCode().name());
    }
  }

  private static Answer run(ManagedChannel channel, Command command) throws Exception {
    var answer = new Answer(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
    ExecutorService pool = Executors.newFixedThreadPool(command.parallel);
    int from = command.users == null ? 0 : command.users.from;
    int to = command.users == null ? command.calls : command.users.to;
    for (int each = from; each < to; each++) {
      int user = each;
      pool.execute(() -> say(channel, command, user, answer));
    }
    pool.shutdown();
    pool.awaitTermination(1, TimeUnit.HOURS);
    return answer;
  }

  public static void main(String[] args) throws Exception {
    var channel = Grpc.newChannelBuilder(args[0], InsecureChannelCredentials.create()).build();
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      var answer = run(channel, GSON.fromJson(line, Command.class));
      System.out.println(GSON.toJson(answer));
    }
    System.exit(0);
  }
}
