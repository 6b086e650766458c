#pragma once

#include "core/experiment/trained_model.h"
#include "ui/try/try_values.h"

#include <functional>
#include <stop_token>
#include <string>

namespace lora::app {

/// A model opened to be tried. For one thread at a time.
struct TriedModel
{
    ui::TrySource source;
    TrainedModel trained;

    /// Throws lora::Error.
    explicit TriedModel(const ui::TrySource& from);
    TriedModel(ui::TrySource from, TrainedModel opened);

    /// For the window.
    ui::TryModel described() const;
};

/// The present weights of a paused run, lent for as long as this lives; gives the model back as it was.
class LentModel
{
public:
    LentModel(const ui::TrySource& source, LanguageModel<float>& live);
    ~LentModel();
    LentModel(const LentModel&) = delete;
    LentModel& operator=(const LentModel&) = delete;

    TriedModel& tried() { return m_tried; }

private:
    std::vector<std::string> m_labelNames; ///< as they were
    TriedModel m_tried;
};

/// What the model says with this much of its adapter. For every task but causal-lm. Throws lora::Error.
ui::TryAnswer answerOf(TriedModel& model, const ui::TryQuestion& question, double strength);

/// Continues the question's text, written in its style; pieces go to `onText` as they settle. Ends early when
/// `stop` is requested. Throws lora::Error.
ui::TryEnd continuationOf(TriedModel& model, const ui::TryQuestion& question, double strength,
                          const std::stop_token& stop, const std::function<void(const std::string&)>& onText);

} // namespace lora::app
