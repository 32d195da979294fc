// The simulated matrix products: float16 in, float32 sums, one rounding; the one way they are used, with every argument checked.
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "simulation.h"

namespace {
struct Desc {
    int compute, scale, transpose_a = 0;
};
struct Layout {
    int type;
    uint64_t rows, columns;
    int64_t stride;
};
struct Preference {
    uint64_t workspace = 0;
    int reduction = 7;
};

float widen(uint16_t bits) {
    _Float16 half;
    std::memcpy(&half, &bits, 2);
    return (float)half;
}
uint16_t narrow(float value) {
    const _Float16 half = (_Float16)value;
    uint16_t bits;
    std::memcpy(&bits, &half, 2);
    return bits;
}

struct Product {
    const uint16_t *w, *x;
    uint16_t* d;
    uint64_t rows, n, k;
    int64_t w_stride, x_stride, d_stride;
    bool workspace_is_used;
};

int run(void* argument) {
    Product* p = (Product*)argument;
    std::vector<float> x(p->rows * p->k);
    for (uint64_t r = 0; r < p->rows; r++)
        for (uint64_t k = 0; k < p->k; k++) x[r * p->k + k] = widen(p->x[r * p->x_stride + k]);
    const auto columns = [&](uint64_t from, uint64_t to) {
        std::vector<float> w(p->k);
        for (uint64_t c = from; c < to; c++) {
            for (uint64_t k = 0; k < p->k; k++) w[k] = widen(p->w[c * p->w_stride + k]);
            for (uint64_t r = 0; r < p->rows; r++) {
                const float* row = &x[r * p->k];
                float sums[16] = {};
                uint64_t k = 0;
                for (; k + 16 <= p->k; k += 16)
                    for (int i = 0; i < 16; i++) sums[i] += w[k + i] * row[k + i];
                float sum = 0;
                for (float part : sums) sum += part;
                for (; k < p->k; k++) sum += w[k] * row[k];
                p->d[r * p->d_stride + c] = narrow(sum);
            }
        }
    };
    std::thread half(columns, 0, p->n / 2);
    columns(p->n / 2, p->n);
    half.join();
    delete p;
    return 0;
}
}  // namespace

extern "C" {

int cublasLtCreate(void** handle) {
    if (int status = sim_called("cublasLtCreate")) return status == 2 ? 3 : 13;
    *handle = new int(0);
    return 0;
}
int cublasLtDestroy(int* handle) {
    delete handle;
    return 0;
}
size_t cublasLtGetVersion() { return 130000; }
int cublasLtMatmulDescCreate(Desc** desc, int compute, int scale) {
    if (compute != 68 || scale != 0) return 7;
    *desc = new Desc{compute, scale};
    return 0;
}
int cublasLtMatmulDescSetAttribute(Desc* desc, int attribute, const void* value, size_t bytes) {
    if (attribute != 3 || bytes != 4) return 7;
    desc->transpose_a = *(const int*)value;
    return 0;
}
int cublasLtMatmulDescDestroy(Desc* desc) {
    delete desc;
    return 0;
}
int cublasLtMatrixLayoutCreate(Layout** layout, int type, uint64_t rows, uint64_t columns, int64_t stride) {
    if (type != 2 || rows == 0 || columns == 0 || stride < (int64_t)rows) return 7;
    *layout = new Layout{type, rows, columns, stride};
    return 0;
}
int cublasLtMatrixLayoutDestroy(Layout* layout) {
    delete layout;
    return 0;
}
int cublasLtMatmulPreferenceCreate(Preference** preference) {
    *preference = new Preference;
    return 0;
}
int cublasLtMatmulPreferenceSetAttribute(Preference* preference, int attribute, const void* value, size_t bytes) {
    if (attribute == 1 && bytes == 8) {
        std::memcpy(&preference->workspace, value, 8);
        return 0;
    }
    if (attribute == 3 && bytes == 4) {
        preference->reduction = *(const int*)value;
        return 0;
    }
    return attribute >= 5 && attribute <= 8 && bytes == 4 ? 0 : 7;
}
int cublasLtMatmulPreferenceDestroy(Preference* preference) {
    delete preference;
    return 0;
}
int cublasLtMatmulAlgoGetHeuristic(
        void*, Desc* desc, Layout* a, Layout* b, Layout* c, Layout* d, Preference* preference, int wanted, unsigned char* results, int* count) {
    if (int status = sim_called("cublasLtMatmulAlgoGetHeuristic")) return status == 2 ? 3 : 13;
    // Sums that are rounded to float16 on the way would change distances.
    if ((preference->reduction & 4) != 0 || desc->transpose_a != 1 || c != d) return 7;
    if (a->rows != b->rows || a->columns != d->rows || b->columns != d->columns) return 7;
    *count = wanted < 16 ? wanted : 16;
    for (int i = 0; i < *count; i++) {
        unsigned char* result = results + 96 * i;
        std::memset(result, 0, 96);
        result[0] = (unsigned char)(0xA0 + i);
        const uint64_t workspace = preference->workspace;
        std::memcpy(result + 64, &workspace, 8);
    }
    return 0;
}
int cublasLtMatmul(
        void*, Desc*, const float* alpha, const void* w, Layout* a, const void* x, Layout* b, const float* beta, const void* c, Layout* cl, void* d,
        Layout* dl, const unsigned char* algorithm, void* workspace, size_t workspace_bytes, uint64_t stream) {
    if (int status = sim_called("cublasLtMatmul")) return status == 2 ? 3 : 13;
    if (*alpha != 1 || *beta != 0 || c != d || cl != dl || (algorithm[0] & 0xF0) != 0xA0 || (workspace == nullptr) != (workspace_bytes == 0)) return 7;
    sim_begin(stream, "product");
    sim_begin(stream, ("product " + std::to_string(algorithm[0] & 0x0F)).c_str());
    sim_enqueue(stream, run, new Product{(const uint16_t*)w, (const uint16_t*)x, (uint16_t*)d, b->columns, a->columns, a->rows, a->stride, b->stride, dl->stride, false});
    return 0;
}
const char* cublasLtGetStatusString(int status) { return status == 3 ? "CUBLAS_STATUS_ALLOC_FAILED" : status == 7 ? "CUBLAS_STATUS_INVALID_VALUE" : "CUBLAS_STATUS"; }

}  // extern "C"
