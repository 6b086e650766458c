#include "core/config/model_config_reader.h"

namespace lora {

namespace {

constexpr std::int64_t largest = 1 << 20;

void refuseRelativePositions(const ConfigReader& reader)
{
    const std::string positions = reader.textOr("position_embedding_type", "absolute");
    if (positions != "absolute")
        reader.unsupported(fmt::format("position_embedding_type \"{}\" is not supported", positions),
                           "Only \"absolute\" positions are.");
    if (reader.flagOr("is_decoder", false))
        reader.unsupported("is_decoder true is not supported in this family",
                           "Use the model as an encoder, or a decoder family such as gpt2 or llama.");
}

/// Families that name things as BERT does.
ModelConfig readBertLike(const std::string& family, const ConfigReader& reader)
{
    refuseRelativePositions(reader);
    ModelConfig config;
    config.vocabSize = reader.size("vocab_size", 1 << 24);
    config.hiddenSize = reader.size("hidden_size", largest);
    config.embeddingSize = reader.sizeOr("embedding_size", config.hiddenSize, largest);
    config.numHiddenLayers = reader.size("num_hidden_layers", 4096);
    config.numAttentionHeads = reader.size("num_attention_heads", largest);
    config.intermediateSize = reader.size("intermediate_size", largest);
    config.positionRows = reader.size("max_position_embeddings", 1 << 24);
    config.typeVocabSize = reader.sizeOr("type_vocab_size", 2, 1 << 16);
    config.hiddenAct = reader.textOr("hidden_act", family == "albert" ? "gelu_new" : "gelu");
    checkActivation(config.hiddenAct, "hidden_act", {"gelu", "gelu_new", "relu"}, reader);
    config.layerNormEps = reader.numberOr("layer_norm_eps", 1e-12, 0, 1);
    const double dropout = family == "albert" ? 0 : 0.1;
    config.hiddenDropoutProb = reader.numberOr("hidden_dropout_prob", dropout, 0, 0.999);
    config.attentionProbsDropoutProb = reader.numberOr("attention_probs_dropout_prob", dropout, 0, 0.999);
    const char* classifierKey = family == "albert" ? "classifier_dropout_prob" : "classifier_dropout";
    config.classifierDropout =
        reader.numberOr(classifierKey, family == "albert" ? 0.1 : config.hiddenDropoutProb, 0, 0.999);
    config.padTokenId =
        static_cast<std::int32_t>(reader.numberOr("pad_token_id", family == "roberta" ? 1 : 0, -1, 1 << 24));
    return config;
}

ModelConfig readDistilBert(const ConfigReader& reader)
{
    ModelConfig config;
    config.vocabSize = reader.size("vocab_size", 1 << 24);
    config.hiddenSize = config.embeddingSize = reader.size("dim", largest);
    config.numHiddenLayers = reader.size("n_layers", 4096);
    config.numAttentionHeads = reader.size("n_heads", largest);
    config.intermediateSize = reader.size("hidden_dim", largest);
    config.positionRows = reader.size("max_position_embeddings", 1 << 24);
    config.hiddenAct = reader.textOr("activation", "gelu");
    checkActivation(config.hiddenAct, "activation", {"gelu", "relu"}, reader);
    config.layerNormEps = 1e-12; // written in the model's code, not in its config
    config.hiddenDropoutProb = reader.numberOr("dropout", 0.1, 0, 0.999);
    config.attentionProbsDropoutProb = reader.numberOr("attention_dropout", 0.1, 0, 0.999);
    config.classifierDropout = reader.numberOr("seq_classif_dropout", 0.2, 0, 0.999);
    config.padTokenId = static_cast<std::int32_t>(reader.numberOr("pad_token_id", 0, -1, 1 << 24));
    return config;
}

} // namespace

ModelConfig readEncoderConfig(const std::string& family, const ConfigReader& reader)
{
    ModelConfig config = family == "distilbert" ? readDistilBert(reader) : readBertLike(family, reader);
    config.numKeyValueHeads = config.numAttentionHeads;
    config.headDim = config.hiddenSize / config.numAttentionHeads;
    config.maxPositionEmbeddings = config.positionRows;
    config.tieWordEmbeddings = reader.flagOr("tie_word_embeddings", true);
    if (family == "roberta") {
        // Positions are counted from the row after the padding token's.
        config.firstPosition = config.padTokenId + 1;
        config.maxPositionEmbeddings = config.positionRows - config.firstPosition;
        if (config.maxPositionEmbeddings < 1)
            reader.fail("max_position_embeddings", fmt::format("above {}", config.firstPosition));
    }
    if (family == "albert") {
        config.isLayerShared = true;
        for (const char* key : {"num_hidden_groups", "inner_group_num"})
            if (reader.sizeOr(key, 1, largest) != 1)
                reader.unsupported(fmt::format("{} above 1 is not supported", key),
                                   "Every published ALBERT model shares one layer.");
    } else if (family != "electra" && config.embeddingSize != config.hiddenSize) {
        reader.unsupported("embedding_size differs from hidden_size, which this family does not know",
                           "It belongs to albert and electra.");
    }
    return config;
}

} // namespace lora
