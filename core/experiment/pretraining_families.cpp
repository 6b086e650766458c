#include "core/experiment/pretraining_config.h"

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

FamilyKeys bert()
{
    return {"bert", TaskType::MaskedLm, VocabularyKind::WordPiece,
            Json{{"hidden_size", 128},
                 {"num_hidden_layers", 4},
                 {"num_attention_heads", 4},
                 {"intermediate_size", 512},
                 {"hidden_act", "gelu"},
                 {"hidden_dropout_prob", 0.0},
                 {"attention_probs_dropout_prob", 0.0},
                 {"max_position_embeddings", 128},
                 {"type_vocab_size", 2},
                 {"initializer_range", 0.02},
                 {"layer_norm_eps", 1e-12}}};
}

FamilyKeys gpt2()
{
    return {"gpt2", TaskType::CausalLm, VocabularyKind::Bpe,
            Json{{"n_embd", 128},
                 {"n_layer", 4},
                 {"n_head", 4},
                 {"n_inner", nullptr},
                 {"n_positions", 256},
                 {"activation_function", "gelu_new"},
                 {"resid_pdrop", 0.0},
                 {"embd_pdrop", 0.0},
                 {"attn_pdrop", 0.0},
                 {"initializer_range", 0.02},
                 {"layer_norm_epsilon", 1e-5}}};
}

FamilyKeys llama()
{
    return {"llama", TaskType::CausalLm, VocabularyKind::Bpe,
            Json{{"hidden_size", 128},
                 {"num_hidden_layers", 4},
                 {"num_attention_heads", 4},
                 {"num_key_value_heads", 2},
                 {"intermediate_size", 352},
                 {"hidden_act", "silu"},
                 {"max_position_embeddings", 256},
                 {"rope_theta", 10000.0},
                 {"tie_word_embeddings", true},
                 {"attention_bias", false},
                 {"mlp_bias", false},
                 {"initializer_range", 0.02},
                 {"rms_norm_eps", 1e-5}}};
}

} // namespace

const std::vector<FamilyKeys>& pretrainingFamilies()
{
    static const std::vector<FamilyKeys> families{bert(), gpt2(), llama()};
    return families;
}

} // namespace lora
