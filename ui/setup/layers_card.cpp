#include "ui/setup/layers_card.h"

#include "ui/experiment_editor.h"
#include "ui/format/quantities.h"
#include "ui/setup/layer_map.h"
#include "ui/theme/theme.h"

#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include <array>

namespace lora::ui {

LayersCard::LayersCard(ExperimentEditor& editor, QWidget* parent)
    : Card(tr("Layers"), parent)
    , m_editor(editor)
    , m_map(new LayerMap(this))
    , m_presets(new QWidget(this))
    , m_brush(new QSpinBox(this))
    , m_summary(new MutedLabel({}, this))
    , m_issues(new MutedLabel({}, this))
{
    buildLayout();
    connectSignals();
    refresh();
}

void LayersCard::buildLayout()
{
    m_brush->setRange(1, 4096);
    m_brush->setPrefix(tr("paint rank "));
    m_brush->setToolTip(
        tr("Rank the next click or drag gives; another rank than the method's becomes rank_pattern"));
    m_brush->setAccessibleName(tr("Rank to paint"));
    addToHeading(m_brush);

    const std::tuple<TargetPreset, QString, QString> presets[] = {
        {TargetPreset::QueryValue, tr("q, v everywhere"),
         tr("Query and value of every block: LoRA's original choice")},
        {TargetPreset::AllLinear, tr("all linear"),
         tr("Every linear module but the head: the strongest at equal size (QLoRA 2023)")},
        {TargetPreset::TopHalf, tr("top half"),
         tr("The modules in use, on the last half of the blocks: backward stops half way")},
        {TargetPreset::TopQuarter, tr("top quarter"),
         tr("The modules in use, on the last quarter of the blocks")},
        {TargetPreset::OutputLayer, tr("output layer only"),
         tr("A language model's output layer alone, else the modules in use on the last block: the shortest "
            "backward pass")}};
    auto* row = new QHBoxLayout(m_presets);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kGrid / 2);
    for (const auto& [preset, text, why] : presets) {
        auto* button = new QToolButton(m_presets);
        button->setText(text);
        button->setToolTip(why);
        button->setFocusPolicy(Qt::StrongFocus);
        row->addWidget(button);
        connect(button, &QToolButton::clicked, this,
                [this, preset = preset, text = text] { m_map->applyPreset(preset, text); });
    }
    row->addStretch(1);
    body()->addWidget(m_presets);
    body()->addWidget(m_map);
    body()->addWidget(m_summary);
    body()->addWidget(m_issues);
}

void LayersCard::connectSignals()
{
    connect(m_brush, &QSpinBox::valueChanged, m_map, &LayerMap::setBrush);
    connect(m_map, &LayerMap::ranksEdited, this,
            [this](const TargetRanks& ranks, const QString& label, const QString& strokeKey) {
                m_editor.edit(
                    label,
                    [&](ExperimentConfig& e) { writeTargets(m_map->grid().modules(), ranks, e.method.lora); },
                    strokeKey);
            });
    connect(&m_editor, &ExperimentEditor::changed, this, &LayersCard::refresh);
    connect(&m_editor, &ExperimentEditor::issuesChanged, this, &LayersCard::refreshIssues);
}

void LayersCard::setModel(const ModelSummary& model)
{
    m_map->setModel(model);
    refresh();
}

void LayersCard::refresh()
{
    const MethodConfig& method = m_editor.experiment().method;
    const TargetRanks ranks = decodeTargets(m_map->grid().modules(), method.lora);
    m_map->setTargets(ranks, method);
    if (method.lora.r != m_shownRank) {
        m_shownRank = method.lora.r;
        m_brush->setValue(method.lora.r);
        m_map->setBrush(method.lora.r);
    }
    const bool isLora = method.type == MethodType::Lora;
    m_presets->setEnabled(isLora && !m_map->grid().empty());
    m_brush->setEnabled(isLora);
    m_summary->setText(isLora && !ranks.empty() ? summaryText(ranks) : QString());
}

QString LayersCard::targetsText(const LoraConfig& lora)
{
    QString text;
    if (const auto* pattern = std::get_if<std::string>(&lora.targetModules)) {
        text = qstr(*pattern);
    } else {
        const auto& names = std::get<std::vector<std::string>>(lora.targetModules);
        constexpr std::size_t kShown = 6;
        QStringList parts;
        for (std::size_t i = 0; i < std::min(kShown, names.size()); ++i)
            parts += qstr(names[i]);
        text = parts.join(QStringLiteral(", "));
        if (names.size() > kShown)
            text += tr(" and %1 more").arg(names.size() - kShown);
    }
    if (lora.layersToTransform) {
        QStringList layers;
        for (const int layer : *lora.layersToTransform)
            layers += QString::number(layer);
        text += tr(" · layers_to_transform %1").arg(layers.join(QStringLiteral(", ")));
    }
    if (!lora.rankPattern.empty())
        text += tr(" · rank_pattern for %1").arg(lora.rankPattern.size());
    return text;
}

QString LayersCard::summaryText(const TargetRanks& ranks) const
{
    const auto& modules = m_map->grid().modules();
    int adapted = 0;
    int adaptable = 0;
    std::int64_t parameters = 0;
    for (std::size_t i = 0; i < modules.size(); ++i) {
        adaptable += isTrainedWhole(modules[i], m_editor.experiment().method.lora) ? 0 : 1;
        adapted += ranks[i] > 0 ? 1 : 0;
        parameters += adapterParameters(modules[i], ranks[i]);
    }
    return tr("%1 of %2 modules, %3 adapter parameters · target_modules %4")
        .arg(adapted)
        .arg(adaptable)
        .arg(qCount(double(parameters)), targetsText(m_editor.experiment().method.lora));
}

void LayersCard::refreshIssues()
{
    static constexpr std::array<std::string_view, 5> kFields{
        "method.target_modules", "method.layers_to_transform", "method.rank_pattern", "method.alpha_pattern",
        "method.modules_to_save"};
    QStringList texts;
    bool isError = false;
    for (const ConfigIssue& issue : m_editor.issues()) {
        const bool isOwn = std::any_of(kFields.begin(), kFields.end(), [&](std::string_view field) {
            return issue.field.starts_with(field);
        });
        if (!isOwn)
            continue;
        texts += qstr(issue.text);
        isError |= issue.severity == Severity::Error;
    }
    m_issues->setText(texts.join(u'\n'), isError ? MutedLabel::Tone::Problem : MutedLabel::Tone::Warning);
}

} // namespace lora::ui
