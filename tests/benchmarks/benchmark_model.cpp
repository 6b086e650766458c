#include "tests/benchmarks/benchmark_model.h"

#include "core/base/error.h"
#include "core/config/experiment_config.h"
#include "core/lora/adapter_injection.h"
#include "core/math/gemm.h"
#include "core/models/model_loader.h"

#include <sstream>

namespace lora::bench {

namespace {

using Json = nlohmann::ordered_json;

Json configDocument(const BenchmarkOptions& options)
{
    const std::int64_t positions = std::max(options.seq, 512);
    Json document;
    if (options.family == "gpt2")
        document = {{"n_embd", options.hidden}, {"n_layer", options.layers},
                    {"n_head", options.heads},  {"n_inner", options.ffn},
                    {"n_positions", positions}, {"layer_norm_epsilon", 1e-5},
                    {"resid_pdrop", 0.0},       {"attn_pdrop", 0.0},
                    {"embd_pdrop", 0.0},        {"activation_function", "gelu_new"}};
    else
        document = {{"hidden_size", options.hidden},
                    {"num_hidden_layers", options.layers},
                    {"num_attention_heads", options.heads},
                    {"intermediate_size", options.ffn},
                    {"max_position_embeddings", positions}};
    if (options.isEncoder())
        document.update(Json{{"type_vocab_size", 2},
                             {"hidden_act", "gelu"},
                             {"layer_norm_eps", 1e-12},
                             {"hidden_dropout_prob", 0.0},
                             {"attention_probs_dropout_prob", 0.0}});
    if (options.family == "llama")
        document.update(Json{{"num_key_value_heads", options.heads},
                             {"hidden_act", "silu"},
                             {"rms_norm_eps", 1e-5},
                             {"rope_theta", 10000.0}});
    document.update(Json{{"model_type", options.family},
                         {"vocab_size", options.vocab},
                         {"tie_word_embeddings", options.isTied}});
    return document;
}

/// Where a short target name lies below a block.
const std::map<std::string, std::string>& targetPaths(const std::string& family)
{
    static const std::map<std::string, std::map<std::string, std::string>> paths = {
        {"bert",
         {{"q", "attention.self.query"},
          {"k", "attention.self.key"},
          {"v", "attention.self.value"},
          {"o", "attention.output.dense"},
          {"up", "intermediate.dense"},
          {"down", "output.dense"}}},
        {"gpt2",
         {{"c_attn", "attn.c_attn"}, {"o", "attn.c_proj"}, {"up", "mlp.c_fc"}, {"down", "mlp.c_proj"}}},
        {"llama",
         {{"q", "self_attn.q_proj"},
          {"k", "self_attn.k_proj"},
          {"v", "self_attn.v_proj"},
          {"o", "self_attn.o_proj"},
          {"gate", "mlp.gate_proj"},
          {"up", "mlp.up_proj"},
          {"down", "mlp.down_proj"}}}};
    return paths.at(family);
}

std::vector<std::string> targetNames(const BenchmarkOptions& options)
{
    const auto& known = targetPaths(options.family);
    std::vector<std::string> names;
    std::stringstream list(options.targets);
    for (std::string name; std::getline(list, name, ',');) {
        if (name == "all-linear") {
            for (const auto& [target, path] : known)
                names.push_back(target);
        } else if (known.contains(name)) {
            names.push_back(name);
        } else {
            std::string allowed = "all-linear";
            for (const auto& [target, path] : known)
                allowed += ", " + target;
            throw Error(ErrorKind::BadUsage,
                        fmt::format("\"{}\" is no target in {}; allowed: {}", name, options.family, allowed));
        }
    }
    return names;
}

/// A regular expression over whole module paths: the targets of the blocks to be adapted. (Endings would
/// not do: the attention's output.dense ends like the feed-forward's.)
std::string targetPattern(const BenchmarkOptions& options)
{
    std::vector<std::string> blocks, paths;
    for (std::int64_t block = options.top > 0 ? options.layers - options.top : 0; block < options.layers;
         ++block)
        blocks.push_back(std::to_string(block));
    for (const std::string& name : targetNames(options))
        paths.push_back(targetPaths(options.family).at(name));
    return fmt::format(R"(.*\.({})\.({}))", fmt::join(blocks, "|"), fmt::join(paths, "|"));
}

/// The block a parameter belongs to by the number in its name, -1: none.
std::int64_t blockOf(const std::string& name)
{
    std::stringstream path(name);
    for (std::string part; std::getline(path, part, '.');)
        if (!part.empty() && part.find_first_not_of("0123456789") == std::string::npos)
            return std::stoll(part);
    return -1;
}

bool endsWithAny(const std::string& name, std::initializer_list<std::string_view> ends)
{
    return std::any_of(ends.begin(), ends.end(),
                       [&](std::string_view end) { return name.find(end) != std::string::npos; });
}

/// What the PyTorch program trains without adapters: everything, or the head with the last blocks.
bool isTrained(const BenchmarkOptions& options, const std::string& name)
{
    if (options.mode == "full" && options.top == 0)
        return true;
    const bool isBlockTrained = options.mode == "full";
    if (const std::int64_t block = blockOf(name); block >= 0)
        return isBlockTrained && block >= options.layers - options.top;
    if (options.isEncoder())
        return endsWithAny(name, {"classifier."}) || (isBlockTrained && endsWithAny(name, {"pooler."}));
    const std::string_view head = !options.isTied            ? "lm_head."
                                  : options.family == "gpt2" ? "wte."
                                                             : "embed_tokens.";
    return endsWithAny(name, {"ln_f.", "model.norm.", head});
}

MethodConfig loraMethod(const BenchmarkOptions& options)
{
    MethodConfig method;
    method.lora.r = options.rank;
    method.lora.loraAlpha = options.alpha;
    method.lora.targetModules = targetPattern(options);
    return method;
}

void checkNumberType(const BenchmarkOptions& options)
{
    if (options.dtype == "bf16" && !hasBFloat16Products())
        throw Error(ErrorKind::Unsupported, "--dtype bf16: this processor has no bfloat16 products");
}

void checkHead(const BenchmarkOptions& options)
{
    // The embeddings would be trained through the head alone there, which no experiment does.
    if (options.mode == "head" && !options.isEncoder() && options.isTied)
        throw Error(ErrorKind::Unsupported, "--mode head of a decoder trains an output layer of its own",
                    "Add --no-tie.");
}

} // namespace

BenchmarkModel makeModel(const BenchmarkOptions& options)
{
    checkNumberType(options);
    checkHead(options);
    const TaskType task = options.isEncoder() ? TaskType::SequenceClassification : TaskType::CausalLm;
    BenchmarkModel made;
    made.model = createModel<float>(modelConfigFromJson(configDocument(options), "the benchmark's shape"),
                                    task, options.isEncoder() ? options.classes : 0, options.seed);
    made.model->setDropout(0, 0, 0);
    if (options.mode == "lora")
        made.trainable = std::make_unique<TrainableParameters<float>>(
            applyMethod(*made.model, loraMethod(options), options.seed));
    else
        made.trainable =
            std::make_unique<TrainableParameters<float>>(*made.model, [&](const Parameter<float>& parameter) {
                return isTrained(options, parameter.name());
            });
    if (options.dtype == "bf16" && options.mode != "full")
        made.model->useBFloat16();
    return made;
}

} // namespace lora::bench
