/* A training run in plain C loops: no library, no threads, buffers made once by the caller.

   Compiled for one network: LAYERS, WIDTHS (LAYERS + 1 of them), BATCH, OUTPUT and RULE are given
   on the command line, so that the compiler can unroll what is small. Every layer is W (inputs x
   outputs, row by row) followed by b; hidden layers are relu; dz = (a - t) / BATCH at the output. */

#include <math.h>
#include <string.h>

enum { IDENTITY, SIGMOID, SOFTMAX };
enum { SGD, MOMENTUM, ADAM };

static const long widths[LAYERS + 1] = {WIDTHS};

typedef struct {
    float rate, momentum, beta1, beta2, epsilon;
} Rule;

static inline void activate(float *restrict z, long n) {
    if (OUTPUT == SIGMOID) {
        for (long j = 0; j < n; j++) z[j] = 1.0f / (1.0f + expf(-z[j]));
    } else if (OUTPUT == SOFTMAX) {
        float top = z[0], sum = 0.0f;
        for (long j = 1; j < n; j++) top = z[j] > top ? z[j] : top;
        for (long j = 0; j < n; j++) { z[j] = expf(z[j] - top); sum += z[j]; }
        for (long j = 0; j < n; j++) z[j] /= sum;
    }
}

/* z = x W + b, for one row. */
static inline void affine(const float *restrict x, const float *restrict w,
                          const float *restrict b, float *restrict z, long m, long n) {
    for (long j = 0; j < n; j++) z[j] = b[j];
    for (long k = 0; k < m; k++)
        for (long j = 0; j < n; j++) z[j] += x[k] * w[k * n + j];
}

/* dW += x^T dz, db += dz, for one row. */
static inline void affine_gradient(const float *restrict x, const float *restrict dz,
                                   float *restrict dw, float *restrict db, long m, long n) {
    for (long k = 0; k < m; k++)
        for (long j = 0; j < n; j++) dw[k * n + j] += x[k] * dz[j];
    for (long j = 0; j < n; j++) db[j] += dz[j];
}

/* dx = dz W^T where x > 0, else 0: through the layer and the relu before it. */
static inline void affine_input(const float *restrict x, const float *restrict dz,
                                const float *restrict w, float *restrict dx, long m, long n) {
    for (long k = 0; k < m; k++) {
        float sum = 0.0f;
        for (long j = 0; j < n; j++) sum += dz[j] * w[k * n + j];
        dx[k] = x[k] > 0.0f ? sum : 0.0f;
    }
}

/* Add the gradient of one row to g. a: room for every layer's activations; d: two widest rows. */
static inline void add_gradient(const float *theta, const float *x, const float *t, float *a,
                                float *d[2], float *g) {
    const float *inputs = x;
    long units = 0, place = 0;
    for (int l = 0; l < LAYERS; l++) {
        long m = widths[l], n = widths[l + 1];
        affine(inputs, theta + place, theta + place + m * n, a + units, m, n);
        if (l + 1 == LAYERS) activate(a + units, n);
        else for (long j = 0; j < n; j++) a[units + j] = fmaxf(a[units + j], 0.0f);
        inputs = a + units;
        units += n;
        place += (m + 1) * n;
    }
    for (long j = 0; j < widths[LAYERS]; j++) d[LAYERS & 1][j] = (inputs[j] - t[j]) / BATCH;
    for (int l = LAYERS - 1; l >= 0; l--) {
        long m = widths[l], n = widths[l + 1];
        const float *dz = d[(l + 1) & 1];
        units -= n;
        place -= (m + 1) * n;
        inputs = l ? a + units - m : x;
        affine_gradient(inputs, dz, g + place, g + place + m * n, m, n);
        if (l) affine_input(inputs, dz, theta + place, d[l & 1], m, n);
    }
}

static inline void update(const Rule *rule, float *restrict theta, float *restrict m,
                          float *restrict s, const float *restrict g, long size, long step) {
    float b1 = rule->beta1, b2 = rule->beta2;
    float rate = rule->rate, root = 1.0f;
    if (RULE == ADAM) {
        rate /= 1.0f - powf(b1, step);
        root = sqrtf(1.0f - powf(b2, step));
    }
    for (long i = 0; i < size; i++) {
        if (RULE == ADAM) {
            m[i] = b1 * m[i] + (1.0f - b1) * g[i];
            s[i] = b2 * s[i] + (1.0f - b2) * g[i] * g[i];
            theta[i] -= rate * m[i] / (sqrtf(s[i]) / root + rule->epsilon);
        } else if (RULE == MOMENTUM) {
            m[i] = rule->momentum * m[i] + rate * g[i];
            theta[i] -= m[i];
        } else {
            theta[i] -= rate * g[i];
        }
    }
}

/* Train. orders: the rows of each step of n_orders epochs, used in turn; NULL where a step takes
   all rows as they lie. flat: theta, m, s and g, one after the other. */
void train(const Rule *rule, const float *x, const float *t, const long *orders, long n_orders,
           long epochs, long steps, float *flat, float *a, float *d) {
    long size = 0, widest = 0;
    for (int l = 0; l < LAYERS; l++) {
        size += (widths[l] + 1) * widths[l + 1];
        if (widths[l + 1] > widest) widest = widths[l + 1];
    }
    float *theta = flat, *m = theta + size, *s = m + size, *g = s + size;
    float *halves[2] = {d, d + widest};
    for (long step = 0; step < epochs * steps; step++) {
        const long *index = orders ? orders + step % (n_orders * steps) * BATCH : NULL;
        memset(g, 0, size * sizeof *g);
        for (long i = 0; i < BATCH; i++) {
            long row = index ? index[i] : i;
            add_gradient(theta, x + row * widths[0], t + row * widths[LAYERS], a, halves, g);
        }
        update(rule, theta, m, s, g, size, step + 1);
    }
}
