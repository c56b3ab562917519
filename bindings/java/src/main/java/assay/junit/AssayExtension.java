package assay.junit;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** Gives a test that takes a {@link World} one of its own; when it fails, its message shows the journal. */
public final class AssayExtension implements ParameterResolver, AfterEachCallback, TestExecutionExceptionHandler {
  private static final Namespace PLACE = Namespace.create(AssayExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == World.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    AssayWorld order = context.getRequiredTestMethod().getAnnotation(AssayWorld.class);
    // One server for all tests; it ends with the run.
    Server server = context.getRoot().getStore(PLACE).getOrComputeIfAbsent(Server.class, ignored -> Server.start(), Server.class);
    World world = World.make(server, order == null ? "" : order.scenario());
    context.getStore(PLACE).put(World.class, world);
    if (order != null && !order.faults().isEmpty()) world.setFaults("inference", order.faults());
    return world;
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
    World world = context.getStore(PLACE).get(World.class, World.class);
    if (world == null) throw failure;
    throw new AssertionError(failure + "\n\nassay journal:\n" + world.conversation(), failure);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    World world = context.getStore(PLACE).remove(World.class, World.class);
    if (world != null) world.close();
  }
}
