package assay.junit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What the world of a test is made from. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface AssayWorld {
  /** A scenario, or the id of a case; empty = a plain world. */
  String scenario() default "";

  /** What goes wrong at the inference API, as JSON: {"faults": […]} or {"rules": […]}. */
  String faults() default "";
}
