package dev.caviar.app;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import org.jspecify.annotations.Nullable;

/// The method by which a class is started, chosen as the `java` launcher does (JLS 12.1.4): `main(String[])` before `main()`,
/// static or of an instance, inherited ones too, but no private one.
record MainMethod(Method method, @Nullable Constructor<?> constructor) {

    static MainMethod of(Class<?> type) {
        var method = find(type, String[].class);
        if (method == null) method = find(type);
        if (method == null) throw new BadInput("class " + type.getName() + " has no method `void main()` or `void main(String[] args)`.");
        method.setAccessible(true);
        if (Modifier.isStatic(method.getModifiers())) return new MainMethod(method, null);
        try {
            var constructor = type.getDeclaredConstructor();
            if (!Modifier.isPrivate(constructor.getModifiers()) && !Modifier.isAbstract(type.getModifiers())) {
                constructor.setAccessible(true);
                return new MainMethod(method, constructor);
            }
        } catch (NoSuchMethodException e) {
            // Said below, together with the private one.
        }
        throw new BadInput("class " + type.getName() + " has an instance method main, but no constructor without parameters to make the instance with.");
    }

    private static @Nullable Method find(Class<?> type, Class<?>... parameters) {
        for (Class<?> owner = type; owner != null; owner = owner.getSuperclass()) {
            try {
                var method = owner.getDeclaredMethod("main", parameters);
                if (!Modifier.isPrivate(method.getModifiers()) && method.getReturnType() == void.class) return method;
            } catch (NoSuchMethodException e) {
                // The class above may have it.
            }
        }
        return null;
    }

    /// Starts it in this thread; what it throws comes wrapped.
    void invoke(String[] args) throws InvocationTargetException {
        try {
            var instance = constructor == null ? null : constructor.newInstance();
            var arguments = method.getParameterCount() == 0 ? new Object[0] : new Object[] {args};
            method.invoke(instance, arguments);
        } catch (IllegalAccessException | InstantiationException e) {
            throw new IllegalStateException(e);
        }
    }
}
