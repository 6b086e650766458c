#include "ui/sweep/sweep_form.h"

#include "core/config/lora_variant.h"
#include "ui/experiment_editor.h"
#include "ui/format/quantities.h"
#include "ui/setup/field_binder.h"
#include "ui/sweep/axis_chips.h"
#include "ui/theme/theme.h"
#include "ui/widgets/issue_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QSettings>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace lora::ui {

SweepForm::SweepForm(ExperimentEditor& editor, QWidget* parent)
    : QWidget(parent)
    , m_editor(editor)
    , m_form(new IssueForm(this))
{
    createChips();
    createFields();
    buildLayout();
    connectSignals();
    refresh();
}

void SweepForm::createChips()
{
    m_ranks = new ChipRow(this);
    m_ranks->setReader(&rankChip, tr("other"), tr("Another rank, added with Return"));
    m_targets = new ChipRow(this);
    m_targets->setReader(&targetChip, tr("other, e.g. query,key"),
                         tr("Another set of modules, names between commas, added with Return"));
    m_layers = new ChipRow(this);
    m_layers->setReader(&layerChip, tr("other, e.g. 0-2"),
                        tr("Other layers, counted from 0, added with Return"));
    m_variants = new ChipRow(this);
    m_rates = new ChipRow(this);
    m_rates->setReader(&rateChip, tr("other, e.g. 5e-4"), tr("Another learning rate, added with Return"));
}

void SweepForm::createFields()
{
    m_seedRow = new QWidget(this);
    m_seeds = new QSpinBox(m_seedRow);
    m_seeds->setRange(1, 50);
    m_seedList = new QLabel(m_seedRow);
    m_alpha = new QComboBox(this);
    m_alpha->addItem({}, static_cast<int>(AlphaPolicy::Ratio));
    m_alpha->addItem({}, static_cast<int>(AlphaPolicy::Fixed));
    m_fullRow = new QWidget(this);
    m_full = new QCheckBox(tr("&full fine-tuning, learning rate"), m_fullRow);
    m_full->setChecked(true);
    m_fullRate = new ScientificBox(m_fullRow);
    m_fullRate->setAccessibleName(tr("Learning rate of full fine-tuning"));
    m_fullRate->setToolTip(tr("Every weight moves, so a tenth of LoRA's is usual"));
    m_head = new QCheckBox(tr("the &head alone"), this);
}

void SweepForm::buildLayout()
{
    const auto rowOf = [](QWidget* row, std::initializer_list<QWidget*> parts) {
        auto* layout = new QHBoxLayout(row);
        layout->setContentsMargins(0, 0, 0, 0);
        layout->setSpacing(kGrid);
        for (QWidget* part : parts)
            layout->addWidget(part);
        layout->addStretch(1);
        row->setFocusProxy(*parts.begin());
    };
    rowOf(m_seedRow, {m_seeds, m_seedList});
    rowOf(m_fullRow, {m_full, m_fullRate});
    m_form->addField(
        tr("Ranks"), m_ranks, QStringLiteral("ranks"),
        tr("Quality often stops growing at a small rank (Hu et al. 2021, table 6): try from 1 on"));
    m_form->addField(tr("&Alpha"), m_alpha, QStringLiteral("alpha"),
                     tr("Alpha follows the rank so that every run has the same scale and learning rate"));
    m_form->addField(tr("Targets"), m_targets, QStringLiteral("targets"),
                     tr("Which modules get adapters; a run for each set"));
    m_form->addField(tr("Layers"), m_layers, QStringLiteral("layers"),
                     tr("Which blocks get adapters: the fewer from the top, the cheaper backward"));
    m_form->addField(tr("Variants"), m_variants, QStringLiteral("variants"),
                     tr("What differs from plain LoRA in one thing each; none: as in Setup"));
    m_form->addField(tr("Learning rates"), m_rates, QStringLiteral("learning_rates"),
                     tr("The best rate differs with rank and variant: each is judged by its best"));
    m_form->addField(tr("S&eeds"), m_seedRow, QStringLiteral("seeds"),
                     tr("Repeats every run with other seeds: differences within their spread are noise"));
    m_form->addField(tr("Also train"), m_fullRow, QStringLiteral("full"),
                     tr("The measured baseline, once for each seed"));
    m_form->addField({}, m_head, QStringLiteral("head"), tr("The cheapest baseline, once for each seed"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_form);
}

void SweepForm::connectSignals()
{
    const auto follow = [this](ChipRow* row, std::optional<QStringList>& chosen) {
        connect(row, &ChipRow::checkedChanged, this, [this, &chosen](const QStringList& keys) {
            chosen = keys;
            emit changed();
        });
    };
    follow(m_ranks, m_chosenRanks);
    follow(m_targets, m_chosenTargets);
    follow(m_layers, m_chosenLayers);
    follow(m_variants, m_chosenVariants);
    follow(m_rates, m_chosenRates);
    connect(m_seeds, &QSpinBox::valueChanged, this, [this] {
        refreshTexts();
        emit changed();
    });
    connect(m_alpha, &QComboBox::activated, this, [this] {
        m_chosenAlpha = static_cast<AlphaPolicy>(m_alpha->currentData().toInt());
        emit changed();
    });
    connect(m_full, &QCheckBox::toggled, this, [this](bool isOn) {
        m_fullRate->setEnabled(isOn);
        emit changed();
    });
    connect(m_fullRate, &QDoubleSpinBox::valueChanged, this, [this](double rate) {
        if (m_isRefreshing)
            return;
        m_chosenFullRate = rate;
        emit changed();
    });
    connect(m_head, &QCheckBox::toggled, this, &SweepForm::changed);
    connect(&m_editor, &ExperimentEditor::changed, this, &SweepForm::refresh);
}

void SweepForm::setModel(const ModelSummary& model)
{
    m_modules = model.modules;
    refresh();
}

void SweepForm::refresh()
{
    refreshRanks();
    refreshTargets();
    refreshLayers();
    refreshVariants();
    refreshRates();
    refreshTexts();
    emit changed();
}

void SweepForm::refreshRanks()
{
    const int own = m_editor.experiment().method.lora.r;
    const QStringList checked = m_chosenRanks.value_or(presetRanks(own));
    m_ranks->setChips(rankChips(own, checked), checked);
}

QString SweepForm::ownTargets() const
{
    return targetKey(m_editor.experiment().method.lora.targetModules);
}

QString SweepForm::ownLayers() const
{
    return layerKey(m_editor.experiment().method.lora);
}

void SweepForm::refreshTargets()
{
    const QStringList checked = m_chosenTargets.value_or(QStringList(ownTargets()));
    m_targets->setChips(targetChips(m_editor.experiment().method.lora, m_modules, checked), checked);
}

void SweepForm::refreshLayers()
{
    const QStringList checked = m_chosenLayers.value_or(QStringList(ownLayers()));
    m_layers->setChips(layerChips(m_editor.experiment().method.lora, checked), checked);
}

QStringList SweepForm::ownVariants() const
{
    const std::string own = variantOf(m_editor.experiment().method.lora);
    return own.empty() ? QStringList() : QStringList(qstr(own));
}

void SweepForm::refreshVariants()
{
    m_variants->setChips(variantChips(), m_chosenVariants.value_or(ownVariants()));
}

QString SweepForm::ownRate() const
{
    return rateKey(m_editor.experiment().training.learningRate);
}

void SweepForm::refreshRates()
{
    const QStringList checked = m_chosenRates.value_or(QStringList(ownRate()));
    m_rates->setChips(rateChips(m_editor.experiment().training.learningRate, checked), checked);
}

double SweepForm::usualFullRate() const
{
    const ExperimentConfig& base = m_editor.experiment();
    return base.training.learningRate * (base.method.type == MethodType::Full ? 1 : 0.1);
}

void SweepForm::refreshTexts()
{
    const bool wasRefreshing = std::exchange(m_isRefreshing, true);
    const ExperimentConfig& base = m_editor.experiment();
    const LoraConfig& lora = base.method.lora;
    QStringList seeds;
    constexpr int kShown = 4;
    for (int i = 0; i < std::min(m_seeds->value(), kShown); ++i)
        seeds += QString::number(base.training.seed + static_cast<std::uint64_t>(i));
    if (m_seeds->value() > kShown)
        seeds += QStringLiteral("…");
    m_seeds->setSuffix(m_seeds->value() == 1 ? tr(" seed") : tr(" seeds"));
    m_seedList->setText(seeds.join(QStringLiteral(", ")));
    m_alpha->setItemText(0, tr("follows the rank: alpha / r stays %1").arg(qNumber(lora.loraAlpha / lora.r)));
    m_alpha->setItemText(1, tr("stays %1 at every rank").arg(qNumber(lora.loraAlpha)));
    const AlphaPolicy policy =
        m_chosenAlpha.value_or(lora.useRslora ? AlphaPolicy::Fixed : AlphaPolicy::Ratio);
    m_alpha->setCurrentIndex(m_alpha->findData(static_cast<int>(policy)));
    m_fullRate->setValue(m_chosenFullRate.value_or(usualFullRate()));
    m_isRefreshing = wasRefreshing;
}

TargetSet SweepForm::targetSet(const QString& key) const
{
    return key == ownKey ? m_editor.experiment().method.lora.targetModules : targetsOfKey(key);
}

SweepAxes SweepForm::axes() const
{
    SweepAxes axes;
    for (const QString& rank : m_ranks->checked())
        axes.ranks.push_back(rank.toInt());
    // An axis of the experiment's own entry alone is none: what is painted stays to the letter.
    if (m_targets->checked() != QStringList(ownTargets()))
        for (const QString& key : m_targets->checked())
            axes.targets.push_back(targetSet(key));
    if (m_layers->checked() != QStringList(ownLayers()))
        for (const QString& key : m_layers->checked())
            axes.layers.push_back(layersOfKey(key));
    if (m_variants->checked() != ownVariants())
        for (const QString& name : m_variants->checked())
            axes.variants.push_back(name.toStdString());
    if (m_rates->checked() != QStringList(ownRate()))
        for (const QString& rate : m_rates->checked())
            axes.learningRates.push_back(rate.toDouble());
    if (m_seeds->value() > 1)
        for (int i = 0; i < m_seeds->value(); ++i)
            axes.seeds.push_back(m_editor.experiment().training.seed + static_cast<std::uint64_t>(i));
    axes.alpha = m_chosenAlpha;
    axes.isFullIncluded = m_full->isChecked();
    axes.isHeadIncluded = m_head->isChecked();
    if (m_chosenFullRate)
        axes.fullLearningRates = {*m_chosenFullRate};
    return axes;
}

QStringList SweepForm::arguments() const
{
    const SweepAxes axes = this->axes();
    QStringList arguments{QStringLiteral("--ranks"), m_ranks->checked().join(u',')};
    const auto add = [&](const char* option, const QString& value) {
        arguments << QString::fromLatin1(option) << value;
    };
    if (!axes.targets.empty()) {
        QStringList keys = m_targets->checked();
        const TargetSet& own = m_editor.experiment().method.lora.targetModules;
        if (const auto* pattern = std::get_if<std::string>(&own))
            keys.replaceInStrings(ownKey, QStringLiteral("regex:") + qstr(*pattern));
        else
            keys.replaceInStrings(ownKey, joinedNames(std::get<std::vector<std::string>>(own)));
        add("--targets", keys.join(u';'));
    }
    if (!axes.layers.empty())
        add("--layers", m_layers->checked().join(u';'));
    if (!axes.variants.empty())
        add("--variants", m_variants->checked().join(u','));
    if (!axes.learningRates.empty())
        add("--learning-rates", m_rates->checked().join(u','));
    QStringList seeds;
    for (const std::uint64_t seed : axes.seeds)
        seeds += QString::number(seed);
    if (!seeds.isEmpty())
        add("--seeds", seeds.join(u','));
    if (axes.alpha)
        add("--alpha", *axes.alpha == AlphaPolicy::Fixed ? QStringLiteral("fixed") : QStringLiteral("ratio"));
    if (axes.isFullIncluded)
        arguments << QStringLiteral("--with-full");
    if (axes.isFullIncluded && m_chosenFullRate)
        add("--full-learning-rate", QString::number(*m_chosenFullRate, 'g', 17));
    if (axes.isHeadIncluded)
        arguments << QStringLiteral("--with-head");
    return arguments;
}

ConfigIssues SweepForm::issues() const
{
    ConfigIssues issues;
    const auto needsOne = [&](const ChipRow* row, const char* field, const QString& text) {
        if (row->checked().isEmpty())
            issues.push_back({field, Severity::Error, text.toStdString()});
    };
    needsOne(m_ranks, "ranks", tr("choose at least one rank"));
    needsOne(m_targets, "targets", tr("choose at least one set of modules"));
    needsOne(m_layers, "layers", tr("choose at least one set of layers"));
    needsOne(m_rates, "learning_rates", tr("choose at least one learning rate"));
    return issues;
}

void SweepForm::setIssues(const ConfigIssues& issues)
{
    m_form->setIssues(issues);
}

bool SweepForm::hasField(const std::string& field) const
{
    return m_form->hasField(field);
}

void SweepForm::save(QSettings& settings) const
{
    const auto keep = [&](const char* key, const auto& chosen) {
        const QString name = QStringLiteral("sweep/") + QString::fromLatin1(key);
        if (chosen)
            settings.setValue(name, *chosen);
        else
            settings.remove(name);
    };
    keep("ranks", m_chosenRanks);
    settings.setValue(QStringLiteral("sweep/seeds"), m_seeds->value());
    settings.setValue(QStringLiteral("sweep/full"), m_full->isChecked());
    settings.setValue(QStringLiteral("sweep/head"), m_head->isChecked());
}

/// Targets and layers belong to a model, so they are not kept.
void SweepForm::restore(const QSettings& settings)
{
    const QSignalBlocker blocker(this);
    const QStringList ranks = settings.value(QStringLiteral("sweep/ranks")).toStringList();
    if (std::ranges::any_of(ranks, [](const QString& rank) { return !rankChip(rank).key.isEmpty(); }))
        m_chosenRanks = ranks;
    m_seeds->setValue(settings.value(QStringLiteral("sweep/seeds"), 1).toInt());
    m_full->setChecked(settings.value(QStringLiteral("sweep/full"), true).toBool());
    m_head->setChecked(settings.value(QStringLiteral("sweep/head"), false).toBool());
    refresh();
}

} // namespace lora::ui
