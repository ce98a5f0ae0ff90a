package dev.caviar.engine.tensor;

/// An op of the user's own: every pass carries it along as it is, and only its own rules are used.
///
/// ```java
/// record Twice() implements CustomOp {
///     public String label() { return "twice"; }
///     public List<Type> infer(List<Type> in) { return in; }
///     public List<Tensor> vjp(Vjp v) { return Vjp.one(v.grad().mul(2)); }
///     public void run(Args a) {
///         for (long i = 0; i < a.in(0).size(); i++) {
///             a.out(0).set(i, 2 * a.in(0).at(i));
///         }
///     }
///     public List<Sample> samples() { return List.of(Sample.of(Type.of(DType.F32, 3))); }
/// }
/// Tensor y = new Twice().on(Tensor.of(1f, 2f));     // 2, 4
/// ```
public non-sealed interface CustomOp extends Op {}
