/* A training step of the GPT of gpt.py with its derivatives by hand, in single precision, and Adam: what C can do. */
#include <math.h>
#include <string.h>

enum { N = 16, HEADS = 4, BLOCK = 16, W = N / HEADS, VOCABULARY = 27, UP = 4 * N };
enum {
    TOKENS = 0, POSITIONS = TOKENS + VOCABULARY * N, QUERY = POSITIONS + BLOCK * N, KEY = QUERY + N * N,
    VALUE = KEY + N * N, OUT = VALUE + N * N, UPWARDS = OUT + N * N, DOWN = UPWARDS + UP * N, HEAD = DOWN + N * UP,
    SIZE = HEAD + VOCABULARY * N
};
static float p[SIZE], g[SIZE], mean[SIZE], square[SIZE];

/* y[m] = the sum over n of w[m, n] * x[n]; and the derivatives, added */
static inline void linear(int m, int n, const float* w, const float* restrict x, float* restrict y) {
    for (int i = 0; i < m; i++) {
        float sum = 0;
        for (int j = 0; j < n; j++) sum += w[i * n + j] * x[j];
        y[i] = sum;
    }
}

static inline void linear_back(
    int m, int n, const float* w, const float* x, const float* dy, float* restrict dw, float* restrict dx
) {
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            dw[i * n + j] += dy[i] * x[j];
            dx[j] += dy[i] * w[i * n + j];
        }
}

static inline float normed(const float* x, float* restrict y) {
    float sum = 0;
    for (int i = 0; i < N; i++) sum += x[i] * x[i];
    float scale = 1 / sqrtf(sum / N + 1e-5f);
    for (int i = 0; i < N; i++) y[i] = x[i] * scale;
    return scale;
}

static inline void normed_back(const float* x, float scale, const float* dy, float* restrict dx) {
    float sum = 0;
    for (int i = 0; i < N; i++) sum += x[i] * dy[i];
    sum *= scale * scale * scale / N;
    for (int i = 0; i < N; i++) dx[i] += scale * dy[i] - x[i] * sum;
}

static inline float softmax(int n, float* x) {
    float most = x[0], sum = 0;
    for (int i = 1; i < n; i++) most = x[i] > most ? x[i] : most;
    for (int i = 0; i < n; i++) sum += x[i] = expf(x[i] - most);
    for (int i = 0; i < n; i++) x[i] /= sum;
    return sum;
}

void set(const double* numbers) {
    for (int i = 0; i < SIZE; i++) p[i] = (float)numbers[i], mean[i] = square[i] = 0;
}

/* tokens: n + 1 of them. Returns the loss, and leaves its gradient in g */
static float gradient(int n, const int* tokens) {
    static float e[BLOCK][N], x0[BLOCK][N], h[BLOCK][N], q[BLOCK][N], k[BLOCK][N], v[BLOCK][N], mixed[BLOCK][N];
    static float a[BLOCK][HEADS][BLOCK], x1[BLOCK][N], h2[BLOCK][N], r[BLOCK][UP], x2[BLOCK][N], z[BLOCK][VOCABULARY];
    static float dq[BLOCK][N], dk[BLOCK][N], dv[BLOCK][N], dx0[BLOCK][N], s0[BLOCK], s1[BLOCK], s2[BLOCK];
    float loss = 0;
    const float narrow = 1 / sqrtf(W);
    for (int t = 0; t < n; t++) {
        for (int i = 0; i < N; i++) e[t][i] = p[TOKENS + tokens[t] * N + i] + p[POSITIONS + t * N + i];
        s0[t] = normed(e[t], x0[t]);
        s1[t] = normed(x0[t], h[t]);
        linear(N, N, p + QUERY, h[t], q[t]);
        linear(N, N, p + KEY, h[t], k[t]);
        linear(N, N, p + VALUE, h[t], v[t]);
        memset(mixed[t], 0, sizeof mixed[t]);
        for (int head = 0; head < HEADS; head++) {
            for (int u = 0; u <= t; u++) {
                float sum = 0;
                for (int i = head * W; i < head * W + W; i++) sum += q[t][i] * k[u][i];
                a[t][head][u] = sum * narrow;
            }
            softmax(t + 1, a[t][head]);
            for (int u = 0; u <= t; u++)
                for (int i = head * W; i < head * W + W; i++) mixed[t][i] += a[t][head][u] * v[u][i];
        }
        linear(N, N, p + OUT, mixed[t], x1[t]);
        for (int i = 0; i < N; i++) x1[t][i] += x0[t][i];
        s2[t] = normed(x1[t], h2[t]);
        linear(UP, N, p + UPWARDS, h2[t], r[t]);
        for (int i = 0; i < UP; i++) r[t][i] = r[t][i] > 0 ? r[t][i] : 0;
        linear(N, UP, p + DOWN, r[t], x2[t]);
        for (int i = 0; i < N; i++) x2[t][i] += x1[t][i];
        linear(VOCABULARY, N, p + HEAD, x2[t], z[t]);
        softmax(VOCABULARY, z[t]);
        loss -= logf(z[t][tokens[t + 1]]) / n;
    }
    memset(g, 0, sizeof g);
    memset(dk, 0, sizeof dk);
    memset(dv, 0, sizeof dv);
    for (int t = n - 1; t >= 0; t--) {
        float dx2[N] = {0}, dr[UP] = {0}, dh2[N] = {0}, dx1[N], dmixed[N] = {0};
        z[t][tokens[t + 1]] -= 1;
        for (int i = 0; i < VOCABULARY; i++) z[t][i] /= n;
        linear_back(VOCABULARY, N, p + HEAD, x2[t], z[t], g + HEAD, dx2);
        linear_back(N, UP, p + DOWN, r[t], dx2, g + DOWN, dr);
        for (int i = 0; i < UP; i++) dr[i] = r[t][i] > 0 ? dr[i] : 0;
        linear_back(UP, N, p + UPWARDS, h2[t], dr, g + UPWARDS, dh2);
        memcpy(dx1, dx2, sizeof dx1);
        normed_back(x1[t], s2[t], dh2, dx1);
        memcpy(dx0[t], dx1, sizeof dx1);
        linear_back(N, N, p + OUT, mixed[t], dx1, g + OUT, dmixed);
        memset(dq[t], 0, sizeof dq[t]);
        for (int head = 0; head < HEADS; head++) {
            float da[BLOCK], sum = 0;
            for (int u = 0; u <= t; u++) {
                da[u] = 0;
                for (int i = head * W; i < head * W + W; i++) {
                    da[u] += dmixed[i] * v[u][i];
                    dv[u][i] += a[t][head][u] * dmixed[i];
                }
                sum += da[u] * a[t][head][u];
            }
            for (int u = 0; u <= t; u++) {
                float ds = a[t][head][u] * (da[u] - sum) * narrow;
                for (int i = head * W; i < head * W + W; i++) {
                    dq[t][i] += ds * k[u][i];
                    dk[u][i] += ds * q[t][i];
                }
            }
        }
    }
    for (int t = 0; t < n; t++) {
        float dh[N] = {0}, de[N] = {0};
        linear_back(N, N, p + QUERY, h[t], dq[t], g + QUERY, dh);
        linear_back(N, N, p + KEY, h[t], dk[t], g + KEY, dh);
        linear_back(N, N, p + VALUE, h[t], dv[t], g + VALUE, dh);
        normed_back(x0[t], s1[t], dh, dx0[t]);
        normed_back(e[t], s0[t], dx0[t], de);
        for (int i = 0; i < N; i++) g[TOKENS + tokens[t] * N + i] += de[i], g[POSITIONS + t * N + i] += de[i];
    }
    return loss;
}

/* The step of number `step`, counted from 1. Returns the loss */
float train(int n, const int* tokens, float rate, int step) {
    float loss = gradient(n, tokens);
    float b1 = 0.85f, b2 = 0.99f, corrected = rate / (1 - powf(b1, step)), root = 1 / sqrtf(1 - powf(b2, step));
    for (int i = 0; i < SIZE; i++) {
        mean[i] = b1 * mean[i] + (1 - b1) * g[i];
        square[i] = b2 * square[i] + (1 - b2) * g[i] * g[i];
        p[i] -= corrected * mean[i] / (sqrtf(square[i]) * root + 1e-8f);
    }
    return loss;
}
